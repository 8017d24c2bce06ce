"""What a load run came to: in its report, and at the server."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loader.execution.report import Report
    from loader.model.row import Outcome
    from loader.sandbox.server import Sandbox


def ends(report: Report) -> dict[str, str]:
    """What became of each campaign, by name."""
    return {outcome.name: outcome.status.value for outcome in report.outcomes}


def end_of(report: Report, name: str) -> Outcome:
    [found] = [outcome for outcome in report.outcomes if outcome.name == name]
    return found


def asked(server: Sandbox) -> Counter[str]:
    """How often each operation was asked for."""
    return Counter(arrival.operation for arrival in server.requests)


def creates(server: Sandbox) -> dict[str | None, int]:
    """How often each name was asked to be created."""
    return dict(Counter(arrival.name for arrival in server.requests if arrival.operation == "create"))


def held(server: Sandbox) -> list[str]:
    """The names of the campaigns on the server."""
    return sorted(campaign.name for campaign in server.campaigns)
