"""The shapes of v1's answers, where they differ from v2's."""

from loader.sandbox.responses import Json, in_progress, stored, success
from loader.sandbox.settings import SandboxSettings
from loader.sandbox.store import Campaign


def created(campaign: Campaign, settings: SandboxSettings) -> Json:
    """V-A for Agentless and Progressive, V-B for Preview (reference 1.3)."""
    variant = settings.answer_variant
    if variant == "documented":
        variant = "id-only" if campaign.body["dialingMode"] == "Preview" else "full"
    if variant == "id-only":
        return success(in_progress(campaign), {"campId": campaign.id}, id=campaign.id)
    data = {"id": campaign.id, **_with_detection(campaign, campaign.created_at), "status": "Preparing"}
    return success(in_progress(campaign), data)


def updated(campaign: Campaign, _settings: SandboxSettings, now: float) -> Json:
    """The id at the top and in `data.id` (6)."""
    data = {**_with_detection(campaign, now), "schedule": campaign.body["schedule"], "id": campaign.id}
    return success(f"Campaign {campaign.name} details updated successfully", data, id=campaign.id)


def whole(campaign: Campaign, _settings: SandboxSettings, now: float) -> Json:
    return {"_id": campaign.id, **_with_detection(campaign, now), "schedule": campaign.body["schedule"]}


def _with_detection(campaign: Campaign, now: float) -> Json:
    """A campaign of v2 has a word there, or nothing."""
    detection = campaign.body.get("enableMachineDetect", "no")
    return {**stored(campaign, now), "enableMachineDetect": detection != "no" if detection in _WORDS else detection}


_WORDS = ("no", "detect", "disconnect")
