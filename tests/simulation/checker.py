"""What must hold, counted at the server and in what people were told, in Jepsen's words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loader.errors import AccountBusyError, CanaryError, NotAllowedError, RefusedError
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


def after_process(world: World, ending: Ending, *, canary: int | None) -> Iterable[CheckResult]:
    """What a process said when it ended is true at that moment."""
    life = ending.life
    if ending.fault is not None:
        yield CheckResult("unexpected", f"{life.name} broke: {ending.fault!r}")
    if canary and world.customs.alters and world.made_by[life.name] > canary:
        yield CheckResult("unexpected", f"{life.name} saw the first altered, and made {world.made_by[life.name]}")
    if not ending.by_itself:
        return
    yield from _not_allowed(world, ending)
    yield from _twins(world, ending)
    for candidate in ending.candidates:
        outcome = ending.outcomes.get(candidate.at)
        if outcome is None:
            yield CheckResult("lost", f"{life.name} says nothing of '{candidate.name}'")
        else:
            if not (life.tidied and outcome.status is Status.NOT_SENT):
                yield from _contradictions(world, outcome, life.name)
            given_up = outcome.message.startswith("tried ")  # again and again, and there is an end to patience
            if outcome.status is Status.NOT_SENT and ending.halted is None and ending.send and not given_up:
                yield CheckResult("lost", f"{life.name} went well and left '{candidate.name}' unsent")


def made_although_there(world: World, ending: Ending) -> Iterable[CheckResult]:
    """A process that looks first makes none of a name that the list showed when it began, and shows still."""
    life = ending.life
    for entry in world.entries:
        if world.maker(entry) != life.name:
            continue
        for other in world.entries:
            if other.seen <= life.began and not other.ours and identity(other.name) == entry.of:
                yield CheckResult("unexpected", f"{life.name} made '{entry.name}' beside {other.campaign_id}")


def _not_allowed(world: World, ending: Ending) -> Iterable[CheckResult]:
    """A row that lacks a permission stops others only where three in a row lack one, or none got through."""
    told = world.verdicts.get(ending.life.name, [])
    got_through = any(what == "got through" for _, what in told)
    in_a_row = longest = 0
    for _, what in told:
        in_a_row = in_a_row + 1 if what == "not allowed" else in_a_row if what == "nothing" else 0
        longest = max(longest, in_a_row)
    halted = isinstance(ending.halted, RefusedError | NotAllowedError) and ending.halted.status == 403
    if halted and got_through and longest < 3:
        yield CheckResult("unexpected", f"{ending.life.name} was stopped for the sake of {longest} rows")
    refused = {of for of, what in told if what == "not allowed"}
    for outcome in ending.outcomes.values():
        if outcome.status is Status.REJECTED and identity(outcome.name) in refused and not got_through:
            yield CheckResult("unexpected", f"'{outcome.name}' is rejected, and no row got through")


def _twins(world: World, ending: Ending) -> Iterable[CheckResult]:
    """Whatever one reading of the list shows twice under a name is told, where one of the two is ours."""
    undone = {one.campaign_id for one in ending.undone}
    told = {it.ours for it in ending.twins}
    for name, ids in world.side_by_side.get(ending.life.name, {}).items():
        if ids & (undone | set(ending.borne)) and not ids & told:
            yield CheckResult("unexpected", f"{ending.life.name} saw {sorted(ids)} share '{name}', and says nothing")
    ever = {entry.campaign_id: identity(entry.name) for entry in world.ever}
    for twins in ending.twins:
        if len({ever.get(one, one) for one in twins.ids}) > 1 or len(set(twins.ids)) < 2:
            yield CheckResult("unexpected", f"{ending.life.name} takes {twins.ids} for twins")
    bearers = Counter(it.campaign_id for it in ending.outcomes.values() if it.status is Status.CREATED)
    for campaign_id, rows in bearers.items():
        if rows > 1:
            yield CheckResult("unexpected", f"{rows} rows bear {campaign_id}")


def in_the_journal(ending: Ending, outcomes: Iterable[Outcome]) -> Iterable[CheckResult]:
    """What the journal tells of a run is what the last process that was at it has told."""
    if not ending.written:
        return
    said = {it.row: (it.status, it.campaign_id) for it in ending.outcomes.values()}
    kept = {it.row: (it.status, it.campaign_id) for it in outcomes}
    if said != kept:
        yield CheckResult("unexpected", f"another process has written over the end of {ending.life.name}")


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
            elif not foreign and of not in world.refuses | world.refused_as_taken | world.not_allowed:
                yield CheckResult("unexpected", f"{said}, for no reason")
        case Status.NOT_SENT:
            if there and "is working on this row" not in outcome.message:
                yield CheckResult("unexpected", f"{said}, and it was created")
        case _:
            pass


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


def _excused(world: World, ending: Ending, outcome: Outcome, preflight: bool) -> bool:
    """Whether nobody could tell what became of a row."""
    of = identity(outcome.name)
    if not preflight and outcome.status is Status.UNKNOWN and world.ours(of):
        return True  # where nobody looked before, a name alone proves nothing
    if world.customs.alters and outcome.status is Status.UNKNOWN:
        return True  # what it shows is not what was sent
    there = world.foreign(of) or of in world.accepted_nothing
    return bool(there) or _may_be_another(world, ending, outcome, preflight)


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


def at_last(world: World, ending: Ending, *, preflight: bool, anew: Collection[str]) -> Iterable[CheckResult]:
    """After a run with nobody and nothing in its way every row has its final state; `anew`: asked for once more."""
    outcomes = ending.outcomes.values()
    excused = {it.row for it in outcomes if _excused(world, ending, it, preflight)}
    if isinstance(ending.halted, CanaryError) and (
        world.customs.alters
        or world.customs.keeps != "as sent"
        or any(it.row in excused for it in outcomes if it.status is Status.UNKNOWN)
    ):
        return  # run after run stops at its first row, until somebody asks for all of them
    if isinstance(ending.halted, RefusedError | NotAllowedError) and world.not_allowed:
        return  # whether it had to stop is looked at after each process
    if isinstance(ending.halted, AccountBusyError) or not ending.by_itself or ending.halted is not None:
        yield CheckResult("unresolved", f"the last run was halted: {ending.halted or ending.fault}")
        return
    for outcome in outcomes:
        of, may_be = identity(outcome.name), outcome.row in excused
        if outcome.status in (Status.UNKNOWN, Status.NOT_SENT) and not may_be:
            yield CheckResult("unresolved", f"'{outcome.name}' {outcome.status}: {outcome.message}")
        if outcome.status is Status.CREATED and outcome.campaign_id in world.removed:
            yield CheckResult("lost", f"'{outcome.name}' {outcome.status}, and {outcome.campaign_id} was undone")
        elif outcome.status in (Status.CREATED, Status.CONFLICT) and not (world.ours(of) or may_be):
            yield CheckResult("lost", f"'{outcome.name}' {outcome.status} and never made")
        elif of in anew and not (world.there(of) or may_be or of in world.refuses | world.not_allowed):
            yield CheckResult(
                "lost", f"'{outcome.name}' was asked for once more, is {outcome.status}, and is not there"
            )
