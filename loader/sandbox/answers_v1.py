"""The shapes of v1's answers."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from loader.sandbox.settings import KnownList, KnownQueue, SandboxSettings
from loader.sandbox.store import Campaign

Json = dict[str, Any]

_IDS = uuid.UUID("5ba0d0c5-5a3d-4d0b-9a52-1f5c2c5a7d11")


def timestamp(seconds: float) -> str:
    """ISO 8601 in UTC with milliseconds, as every sample has it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def status_of(campaign: Campaign, settings: SandboxSettings, now: float) -> str:
    return "Ready" if now >= campaign.created_at + settings.prepare_seconds else "Preparing"


def created(campaign: Campaign, settings: SandboxSettings) -> Json:
    """V-A for Agentless and Progressive, V-B for Preview (reference 1.3)."""
    envelope: Json = {"status": "success", "message": f"Campaign {campaign.name} creation in progress"}
    variant = settings.answer_variant
    if variant == "documented":
        variant = "id-only" if campaign.body["dialingMode"] == "Preview" else "full"
    if variant == "id-only":
        return {**envelope, "id": campaign.id, "data": {"campId": campaign.id}}
    return {**envelope, "data": {"id": campaign.id, **_stored(campaign, "Preparing", campaign.created_at)}}


def details(campaign: Campaign, settings: SandboxSettings, now: float) -> Json:
    """The stored object (5.2): the flow by its id, the queue not at all."""
    state = status_of(campaign, settings, now)
    data = _stored(campaign, state, _updated_at(campaign, state, settings))
    return {"status": "success", "data": {"_id": campaign.id, **data, "schedule": campaign.body["schedule"]}}


def status(campaign: Campaign, settings: SandboxSettings, now: float) -> Json:
    data = {"id": campaign.id, "status": status_of(campaign, settings, now), "name": campaign.name}
    return {"status": "success", "data": data}


def list_item(campaign: Campaign, settings: SandboxSettings, now: float) -> Json:
    """One of `results` (5.1): no dialingStrategy, no lname, and the flow or queue by name in `connection`."""
    state = status_of(campaign, settings, now)
    updated = timestamp(_updated_at(campaign, state, settings))
    body = campaign.body
    return {
        "_id": campaign.id,
        "name": campaign.name,
        "description": body["description"],
        "priority": body["priority"],
        "dialingMode": body["dialingMode"],
        "status": state,
        "connection": body.get("experienceFlowName") or body["queue_name"],
        **_flow(body),
        "contactLists": body["contactLists"],
        "schedule": body["schedule"],
        "createdAt": timestamp(campaign.created_at),
        "updatedAt": updated,
        "campaignInstanceUpdatedAt": updated,
    }


def contact_list(known: KnownList, campaigns: Iterable[Campaign], now: float) -> Json:
    """One entry of the bare array (5.4)."""
    using = [{"id": row.id, "name": row.name} for row in campaigns if known.name in row.body["contactLists"]]
    return {
        "_id": _id("cl", known.name),
        "name": known.name,
        "description": "",
        "totalRecordCount": known.records,
        "status": known.status,
        "mapping": [{"column": "phone", "field": "phoneNumber"}],
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
        "results": [{"id": _id("qu", known.name), "name": known.name, "isActive": known.active} for known in shown],
        "page": page,
        "limit": limit,
        "hasMore": page * limit < len(queues),
        "totalPages": -(-len(queues) // limit),
        "totalResults": len(queues),
    }


def _stored(campaign: Campaign, state: str, updated_at: float) -> Json:
    body = campaign.body
    return {
        "name": campaign.name,
        "lname": campaign.lname,
        "description": body["description"],
        "priority": body["priority"],
        "dialingMode": body["dialingMode"],
        "dialingStrategy": body["dialingStrategy"],
        **_flow(body),
        "status": state,
        "createdAt": timestamp(campaign.created_at),
        "updatedAt": timestamp(updated_at),
        "contactLists": body["contactLists"],
        "enableMachineDetect": body["enableMachineDetect"],
    }


def _updated_at(campaign: Campaign, state: str, settings: SandboxSettings) -> float:
    return campaign.created_at + (settings.prepare_seconds if state == "Ready" else 0.0)


def _flow(body: Mapping[str, Any]) -> Json:
    return {"experienceFlow": _id("cf", body["experienceFlowName"])} if "experienceFlowName" in body else {}


@lru_cache(maxsize=4096)
def _id(prefix: str, name: str) -> str:
    """The same name has the same id, also after a restart."""
    return f"{prefix}-{uuid.uuid5(_IDS, name)}"
