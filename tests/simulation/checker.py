"""What must hold, counted at the server and in what people were told, in Jepsen's words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loader.errors import AccountBusyError
from loader.model.row import Outcome, Status, UndoStatus
from tests.simulation.world import identity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tests.simulation.life import Ending
    from tests.simulation.world import Entry, World


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`kind`: lost, doubled, unresolved or unexpected."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


# made long before the first run, and so never one of ours by mistake
LONG_AGO = 3_000.0
_WINDOW_SECONDS = 60.0


def after_process(world: World, ending: Ending) -> Iterable[CheckResult]:
    """What a process said when it ended is true at that moment."""
    life = ending.life
    if ending.fault is not None:
        yield CheckResult("unexpected", f"{life.name} broke: {ending.fault!r}")
    if not ending.by_itself:
        return
    for candidate in ending.candidates:
        outcome = ending.outcomes.get(candidate.row)
        if outcome is None:
            yield CheckResult("lost", f"{life.name} says nothing of '{candidate.name}'")
        else:
            if not (life.tidied and outcome.status is Status.NOT_SENT):
                yield from _contradictions(world, outcome, life.name)
            given_up = outcome.message.startswith("tried ")  # again and again, and there is an end to patience
            if outcome.status is Status.NOT_SENT and ending.halted is None and ending.send and not given_up:
                yield CheckResult("lost", f"{life.name} went well and left '{candidate.name}' unsent")


def after_undo(world: World, ending: Ending) -> Iterable[CheckResult]:
    """What `undo` said is true: what it deleted is gone, and what is unknown to nobody is not there."""
    there = {entry.campaign_id for entry in world.entries}
    for one in ending.undone:
        if one.status in (UndoStatus.DELETED, UndoStatus.GONE) and one.campaign_id in there:
            yield CheckResult("unexpected", f"{ending.life.name} says '{one.name}' {one.status}, and it is there")


def _contradictions(world: World, outcome: Outcome, who: str) -> Iterable[CheckResult]:  # noqa: C901 - one case a status
    of = identity(outcome.name)
    ours, foreign, there = world.ours(of), world.foreign(of), world.there(of)
    said = f"{who} says '{outcome.name}' {outcome.status} ({outcome.campaign_id}, {outcome.message})"
    match outcome.status:
        case Status.CREATED:
            if not _is_there(outcome, [*ours, *(entry for entry in foreign if entry.made > -LONG_AGO)]):
                yield CheckResult("lost", f"{said}, and the server never had it")
        case Status.ALREADY_EXISTS:
            if not _is_there(outcome, foreign):
                yield CheckResult("unexpected", f"{said}, and nobody else made one of this name")
        case Status.CONFLICT:
            if not (ours or foreign):
                yield CheckResult("lost", f"{said}, and the server never had it")
        case Status.REJECTED:
            if there and of not in world.refused_as_taken:
                yield CheckResult("unexpected", f"{said}, and it was created")
            elif not foreign and of not in world.refuses | world.refused_as_taken:
                yield CheckResult("unexpected", f"{said}, for no reason")
        case Status.NOT_SENT:
            if there and "is working on this row" not in outcome.message:
                yield CheckResult("unexpected", f"{said}, and it was created")
        case _:
            pass


def _as_made(world: World, ending: Ending, outcome: Outcome) -> bool:
    """The change was taken back: the row is again what was created, and so there is nothing to create."""
    rows = {candidate.row: json.loads(candidate.body)["priority"] for candidate in ending.candidates}
    return any(
        entry.campaign_id == outcome.campaign_id and entry.item["priority"] == rows[outcome.row]
        for entry in world.ours(identity(outcome.name))
    )


def _may_be_another(world: World, ending: Ending, outcome: Outcome, preflight: bool) -> bool:
    """Whether the list cannot tell: the row's campaign has another name there, or one that no row bears is alike.

    Where somebody looked before, one that was there long ago is not the row's.
    """
    if any(entry.of == identity(outcome.name) and identity(entry.name) != entry.of for entry in world.ever):
        return True
    looks = [_look(fields) for fields in world.wanted if identity(fields["name"]) == identity(outcome.name)]
    borne = {it.campaign_id for it in ending.outcomes.values() if it.status is Status.CREATED}
    return any(
        entry.campaign_id not in borne
        and entry.of != identity(outcome.name)
        and _look(entry.item) in looks
        and (entry.made > -LONG_AGO or not preflight)
        for entry in world.ever
    )


def _look(fields: Mapping[str, Any]) -> tuple[Any, ...]:
    return fields["priority"], fields["contactLists"], fields["dialingMode"]


def _is_there(outcome: Outcome, entries: Iterable[Entry]) -> bool:
    return any(entry.campaign_id == outcome.campaign_id for entry in entries)


def at_any_time(world: World, *, per_minute: float) -> Iterable[CheckResult]:
    """No name twice, and no rolling window over the allowance."""
    for of in dict.fromkeys(world.twice):
        yield CheckResult("doubled", f"'{of}' was created while there was one already")
    first = 0
    for last, at in enumerate(world.left):
        while at - world.left[first] >= _WINDOW_SECONDS:
            first += 1
        if last - first + 1 > per_minute:
            yield CheckResult("unexpected", f"{last - first + 1} requests within a minute, up to {at:.3f} s")
            return


def at_last(
    world: World, ending: Ending, *, preflight: bool, anew: Collection[str], deleting: Collection[str]
) -> Iterable[CheckResult]:
    """After a run with nobody and nothing in its way every row has its final state; `anew`: asked for once more.

    `deleting`: an undo was killed at these, and its run was begun again; undoing that one more time is not played.
    """
    if isinstance(ending.halted, AccountBusyError) or not ending.by_itself or ending.halted is not None:
        yield CheckResult("unresolved", f"the last run was halted: {ending.halted or ending.fault}")
        return
    for outcome in ending.outcomes.values():
        of = identity(outcome.name)
        excused = (
            world.foreign(of) or of in world.accepted_nothing or _may_be_another(world, ending, outcome, preflight)
        )
        if of in deleting or (not preflight and outcome.status is Status.UNKNOWN and world.ours(of)):
            excused = True  # where nobody looked before, a name alone proves nothing
        if outcome.status in (Status.UNKNOWN, Status.NOT_SENT) and not excused:
            yield CheckResult("unresolved", f"'{outcome.name}' {outcome.status}: {outcome.message}")
        if outcome.status in (Status.CREATED, Status.CONFLICT) and not (world.ours(of) or excused):
            yield CheckResult("lost", f"'{outcome.name}' {outcome.status} and never made")
        elif of in anew and not (world.there(of) or excused or of in world.refuses or _as_made(world, ending, outcome)):
            yield CheckResult(
                "lost", f"'{outcome.name}' was asked for once more, is {outcome.status}, and is not there"
            )
