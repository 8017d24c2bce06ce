"""The shapes of all answers; what one version has otherwise ends in `_v1` or `_v2` (reference 1.3, 4, 5, 6)."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from loader.sandbox.json_schema import Json, JsonObject
from loader.sandbox.settings import KnownList, KnownQueue, SandboxSettings
from loader.sandbox.store import Campaign

_IDS = uuid.UUID("5ba0d0c5-5a3d-4d0b-9a52-1f5c2c5a7d11")
_DETECTIONS = ("no", "detect", "disconnect")


def timestamp(seconds: float) -> str:
    """ISO 8601 in UTC with milliseconds, as every sample has it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


@lru_cache(maxsize=4096)
def named_id(prefix: str, name: str) -> str:
    """The same name has the same id, also after a restart."""
    return f"{prefix}-{uuid.uuid5(_IDS, name)}"


def success(message: str, data: object, **more: object) -> Json:
    return {"status": "success", "message": message, **more, "data": data}


def in_progress(campaign: Campaign) -> str:
    return f"Campaign {campaign.name} creation in progress"


def stored(campaign: Campaign, now: float) -> Json:
    """The stored object (1.3, 5.2) without an id: the flow by its id, the queue not at all."""
    body = campaign.body
    return {
        "name": campaign.name,
        "lname": campaign.lname,
        "description": body["description"],
        "priority": body["priority"],
        "dialingMode": body["dialingMode"],
        "dialingStrategy": body["dialingStrategy"],
        **_flow(body),
        **({"maxSkips": body["maxSkips"]} if "maxSkips" in body else {}),
        "status": campaign.status(now),
        "createdAt": timestamp(campaign.created_at),
        "updatedAt": timestamp(campaign.updated(now)),
        **_instance(campaign),
        "contactLists": body["contactLists"],
    }


def list_item(campaign: Campaign, now: float) -> Json:
    """One of `results` (5.1): no dialingStrategy, no lname, and the flow or queue by name in `connection`."""
    body = campaign.body
    updated = timestamp(campaign.updated(now))
    return {
        "_id": campaign.id,
        "name": campaign.name,
        "description": body["description"],
        "priority": body["priority"],
        "dialingMode": body["dialingMode"],
        "status": campaign.status(now),
        "connection": body.get("experienceFlowName") or body["queue_name"],
        **_flow(body),
        "contactLists": body["contactLists"],
        "schedule": body["schedule"],
        "createdAt": timestamp(campaign.created_at),
        "updatedAt": updated,
        "campaignInstanceUpdatedAt": updated,
        **_instance(campaign),
    }


def status(campaign: Campaign, now: float) -> Json:
    return success("", {"id": campaign.id, "status": campaign.status(now), "name": campaign.name})


def triggered(campaign: Campaign, now: float) -> Json:
    """Start and stop answer without the usual envelope: `status` is the state of the campaign (6)."""
    state = campaign.status(now)
    calls = {"totalCallsCompleted": 0} if state == "Active" else {}
    return {
        "status": state,
        "message": "Campaign Started" if state == "Active" else "Campaign Stopped",
        **calls,
        "updatedAt": timestamp(campaign.updated(now)),
        "campaignInstanceId": campaign.instance,
    }


def contact_list(known: KnownList, campaigns: Iterable[Campaign], now: float) -> Json:
    """One entry of the bare array (5.4)."""
    using = [{"id": row.id, "name": row.name} for row in campaigns if known.name in row.body["contactLists"]]
    return {
        "_id": named_id("cl", known.name),
        "name": known.name,
        "description": "",
        "totalRecordCount": known.records,
        "status": known.status,
        "mapping": {"phoneNumber": "phone"},
        "isListInUse": bool(using),
        "listType": "call",
        "campaignInUse": using,
        "source": known.source,
        "files": [],
        "updatedAt": timestamp(now),
    }


def queue_page(queues: Sequence[KnownQueue], *, page: int, limit: int) -> Json:
    """Without the usual envelope (5.5)."""
    shown = queues[(page - 1) * limit : page * limit]
    return {
        "results": [
            {"id": named_id("qu", known.name), "name": known.name, "isActive": known.active} for known in shown
        ],
        "page": page,
        "limit": limit,
        "hasMore": page * limit < len(queues),
        "totalPages": -(-len(queues) // limit),
        "totalResults": len(queues),
    }


def _flow(body: JsonObject) -> Json:
    return {"experienceFlow": named_id("cf", body["experienceFlowName"])} if "experienceFlowName" in body else {}


def _instance(campaign: Campaign) -> Json:
    """Only after a run (5.1)."""
    return {"campaignInstanceId": campaign.instance} if campaign.instance else {}


def created_v1(campaign: Campaign, settings: SandboxSettings) -> Json:
    """V-A for Agentless and Progressive, V-B for Preview (reference 1.3)."""
    variant = settings.answer_variant
    if variant == "documented":
        variant = "id-only" if campaign.body["dialingMode"] == "Preview" else "full"
    if variant == "id-only":
        return success(in_progress(campaign), {"campId": campaign.id}, id=campaign.id)
    data = {"id": campaign.id, **_with_detection(campaign, campaign.created_at), "status": "Preparing"}
    return success(in_progress(campaign), data)


def updated_v1(campaign: Campaign, _settings: SandboxSettings, now: float) -> Json:
    """The id at the top and in `data.id` (6)."""
    data = {**_with_detection(campaign, now), "schedule": campaign.body["schedule"], "id": campaign.id}
    return success(f"Campaign {campaign.name} details updated successfully", data, id=campaign.id)


def whole_v1(campaign: Campaign, _settings: SandboxSettings, now: float) -> Json:
    return {"_id": campaign.id, **_with_detection(campaign, now), "schedule": campaign.body["schedule"]}


def _with_detection(campaign: Campaign, now: float) -> Json:
    """A campaign of v2 has a word there, or nothing."""
    detection = campaign.body.get("enableMachineDetect", "no")
    return {
        **stored(campaign, now),
        "enableMachineDetect": detection != "no" if detection in _DETECTIONS else detection,
    }


def created_v2(campaign: Campaign, settings: SandboxSettings) -> Json:
    """V-D in all modes (1.3); what is sent as a word comes back as `false` in the sample of Agentless."""
    detection = {}
    if campaign.body["dialingMode"] == "Agentless":
        detection = _detection_v2(campaign, settings) or {"enableMachineDetect": False}
    data = {**_stored_v2(campaign, campaign.created_at), "status": "Preparing", "id": campaign.id, **detection}
    return success(in_progress(campaign), data)


def updated_v2(campaign: Campaign, settings: SandboxSettings, now: float) -> Json:
    """The id at the top and in `data._id` (6)."""
    message = f"Campaign {campaign.name} details updated successfully"
    return success(message, whole_v2(campaign, settings, now), id=campaign.id)


def whole_v2(campaign: Campaign, settings: SandboxSettings, now: float) -> Json:
    """As B:get-voice-campaign-by-id-v2 has it: no word about machine detection, two keys in `schedule`."""
    schedule = {**campaign.body["schedule"], "isRecurrenceEnabled": False}
    return {"_id": campaign.id, **_stored_v2(campaign, now), "schedule": schedule, **_detection_v2(campaign, settings)}


def list_item_v2(campaign: Campaign, now: float) -> Json:
    return {**list_item(campaign, now), **_dnc_list(campaign), "isFiltersEnabled": False}


def _stored_v2(campaign: Campaign, now: float) -> Json:
    strategy = {**campaign.body["dialingStrategy"], "useSystemMappings": False}
    return {
        **stored(campaign, now),
        "dialingStrategy": strategy,
        **_dnc_list(campaign),
        "isFiltersEnabled": False,
    }


def _dnc_list(campaign: Campaign) -> Json:
    """One of v1 was created without."""
    dnc_list = campaign.body.get("dncLists")
    return {"dncLists": {"id": named_id("cl", dnc_list["name"]), **dnc_list}} if dnc_list else {}


def _detection_v2(campaign: Campaign, settings: SandboxSettings) -> Json:
    if settings.machine_detect_echo == "as-sent" and "enableMachineDetect" in campaign.body:
        return {"enableMachineDetect": campaign.body["enableMachineDetect"]}
    return {}
