"""The shapes of v2's answers, where they differ from v1's (reference 4, 5, 6)."""

from loader.sandbox import responses as answers
from loader.sandbox.responses import Json, in_progress, named_id, success
from loader.sandbox.settings import SandboxSettings
from loader.sandbox.store import Campaign


def created(campaign: Campaign, settings: SandboxSettings) -> Json:
    """V-D in all modes (1.3); what is sent as a word comes back as `false` in the sample of Agentless."""
    detection = {}
    if campaign.body["dialingMode"] == "Agentless":
        detection = _detection(campaign, settings) or {"enableMachineDetect": False}
    data = {**_stored(campaign, campaign.created_at), "status": "Preparing", "id": campaign.id, **detection}
    return success(in_progress(campaign), data)


def updated(campaign: Campaign, settings: SandboxSettings, now: float) -> Json:
    """The id at the top and in `data._id` (6)."""
    message = f"Campaign {campaign.name} details updated successfully"
    return success(message, whole(campaign, settings, now), id=campaign.id)


def whole(campaign: Campaign, settings: SandboxSettings, now: float) -> Json:
    """As B:get-voice-campaign-by-id-v2 has it: no word about machine detection, two keys in `schedule`."""
    schedule = {**campaign.body["schedule"], "isRecurrenceEnabled": False}
    return {"_id": campaign.id, **_stored(campaign, now), "schedule": schedule, **_detection(campaign, settings)}


def list_item(campaign: Campaign, now: float) -> Json:
    return {**answers.list_item(campaign, now), **_dnc_list(campaign), "isFiltersEnabled": False}


def _stored(campaign: Campaign, now: float) -> Json:
    strategy = {**campaign.body["dialingStrategy"], "useSystemMappings": False}
    return {
        **answers.stored(campaign, now),
        "dialingStrategy": strategy,
        **_dnc_list(campaign),
        "isFiltersEnabled": False,
    }


def _dnc_list(campaign: Campaign) -> Json:
    """One of v1 was created without."""
    dnc_list = campaign.body.get("dncLists")
    return {"dncLists": {"id": named_id("cl", dnc_list["name"]), **dnc_list}} if dnc_list else {}


def _detection(campaign: Campaign, settings: SandboxSettings) -> Json:
    if settings.machine_detect_echo == "as-sent" and "enableMachineDetect" in campaign.body:
        return {"enableMachineDetect": campaign.body["enableMachineDetect"]}
    return {}
