"""What happens to a campaign, by a request or by somebody in the product's own pages (reference 6)."""

import secrets

from loader.sandbox.context import Backend
from loader.sandbox.errors import RefusedError
from loader.sandbox.json_schema import JsonObject
from loader.sandbox.store import Campaign, fields_of

# from which states, and to which
_TRIGGERS = {"play": (("Ready", "Stopped"), "Active"), "stop": (("Active",), "Stopped")}
TRIGGERS = tuple(_TRIGGERS)


def found(backend: Backend, campaign_id: str) -> Campaign:
    campaign = backend.store.get(campaign_id)
    if campaign is None:
        raise RefusedError(404, f"campaign {campaign_id} is not here")
    return campaign


def create(backend: Backend, body: JsonObject, *, account: str) -> Campaign:
    now = backend.clock.wall()
    campaign = Campaign(
        id=_new_id("cd"),
        **fields_of(body),
        created_at=now,
        account=account,
        app=backend.settings.app_id,
        ready_at=now + backend.settings.prepare_seconds,
    )
    backend.store.add(campaign)
    return campaign


def trigger(backend: Backend, campaign: Campaign, action: str) -> Campaign:
    """`play` or `stop`; each run is a new instance (UB)."""
    check_trigger(backend, campaign, action)
    instance = _new_id("cid") if action == "play" else campaign.instance
    return _changed(backend, campaign, {"run_state": _TRIGGERS[action][1], "instance": instance})


def update(backend: Backend, campaign: Campaign, body: JsonObject) -> Campaign:
    check_not_active(backend, campaign, "edited")
    return _changed(backend, campaign, fields_of(body))


def delete(backend: Backend, campaign: Campaign) -> None:
    check_not_active(backend, campaign, "deleted")
    backend.store.remove(campaign, at=backend.clock.wall())


def check_trigger(backend: Backend, campaign: Campaign, action: str) -> None:
    status, (before, _) = campaign.status(backend.clock.wall()), _TRIGGERS[action]
    if status not in before:
        raise RefusedError(400, f"campaign is {status}; {action} is for one that is {' or '.join(before)}")


def check_not_active(backend: Backend, campaign: Campaign, done: str) -> None:
    """A running campaign cannot be edited (U:campaign-management/voice-campaigns); nor, we take it, be deleted."""
    if campaign.status(backend.clock.wall()) == "Active":
        raise RefusedError(400, f"campaign is Active; it cannot be {done} before it is stopped")


def _changed(backend: Backend, campaign: Campaign, changes: JsonObject) -> Campaign:
    """Change it, and its `updatedAt` with certainty, even if the clock stands still."""
    now = backend.clock.wall()
    later = max(now, campaign.updated(now) + 0.002)  # one millisecond could be lost in rounding
    return backend.store.change(campaign, {**changes, "updated_at": later})


def _new_id(prefix: str) -> str:
    """Like a UUID with a digit too few, as voice campaigns and their instances have them (1.4)."""
    digits = secrets.token_hex(16)
    return f"{prefix}-{digits[:7]}-{digits[7:11]}-{digits[11:15]}-{digits[15:19]}-{digits[19:31]}"
