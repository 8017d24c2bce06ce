"""One safeguard at a time switched off, and the schedules in which it is needed."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import loader.api.campaign_list
import loader.api.session
import loader.execution.lookup
import loader.execution.send_stage
import loader.execution.sender
import loader.planning.reconcile
import loader.storage.locks
import loader.storage.shared_rate
from loader.api.campaign_list import CampaignList
from loader.api.shared_names import SharedNames
from loader.errors import CanaryError
from loader.execution.recorder import OutcomeRecorder
from loader.execution.send_loop import SendLoop
from loader.execution.sender import Attempted, Sender
from loader.model.attempt import Attempt
from loader.model.records import Settlement, State
from loader.planning.reconcile import Absent, Open
from loader.storage.fence import Fence
from loader.storage.journal import Journal
from tests.simulation.schedule import SETTLE, TIMEOUT, Line, Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from loader.api.listing import Listing
    from loader.api.messages import Listed
    from loader.config.settings import Timing
    from loader.errors import LoaderError, NotAllowedError
    from loader.execution.sender import Claimed
    from loader.model.records import Intent, Record, Run, Turn
    from loader.planning.reconcile import Doubt, Evidence, Verdict

_absence = loader.planning.reconcile._absence
_listing = loader.api.campaign_list._Walk.listing


def _what_is_new_is_never_read() -> AbstractContextManager[Any]:
    """What the first reading of a night showed is taken for all there is."""
    read_on = CampaignList.read_on

    async def known(campaigns: CampaignList) -> Listing:
        return campaigns._known.listing or await read_on(campaigns)

    return patch.object(CampaignList, "read_on", known)


def _no_intent_is_written_down() -> AbstractContextManager[Any]:
    def forgotten(journal: Journal, application: str, _run: str, intents: Sequence[Intent]) -> Sequence[Record]:
        return [journal.records(application)[intent.key] for intent in intents]

    return patch.object(Journal, "claim", forgotten)


def no_barrier_is_raised() -> AbstractContextManager[Any]:
    async def nothing(*_: object) -> None:
        pass

    return patch.object(loader.api.session, "_raise_the_barrier", nothing)


@contextmanager
def _nothing_settles() -> Iterator[None]:
    """Absence is proved by two reads, one right after the other."""

    class Hasty(loader.execution.lookup.Lookup):
        def __init__(self, campaigns: Any, recorder: Any, timing: Timing, **named: Any) -> None:  # noqa: ANN401
            super().__init__(campaigns, recorder, replace(timing, settle=timing.settle * 0), **named)

    with patch.object(loader.execution.send_stage, "Lookup", Hasty):
        yield


def _one_reading_is_enough() -> AbstractContextManager[Any]:
    def absent(doubt: Doubt, evidence: Evidence, settle: timedelta, patience: timedelta) -> Verdict:
        if evidence.listing.read_at < doubt.until:
            return Open(doubt)
        return _absence(replace(doubt, absent_since=evidence.listing.read_at - settle), evidence, settle, patience)

    return patch.object(loader.planning.reconcile, "_absence", absent)


@contextmanager
def _every_lock_is_had() -> Iterator[None]:
    locks = loader.storage.locks
    with patch.object(locks, "_acquired", lambda _: True), patch.object(locks.Locks, "holds", lambda *_: True):
        yield


def _every_process_has_the_whole_budget() -> AbstractContextManager[Any]:
    return patch.object(loader.storage.shared_rate.AccountRate, "reserve", lambda slots, _: slots._clock())


def _nothing_is_found_by_its_name() -> AbstractContextManager[Any]:
    return patch.object(loader.planning.reconcile.Evidence, "of", lambda *_: ())


@contextmanager
def _names_are_compared_letter_by_letter() -> Iterator[None]:
    places = [
        module for name, module in sys.modules.items() if name.startswith("loader.") and hasattr(module, "name_key")
    ]
    kept = [(module, module.name_key) for module in places]
    for module in places:
        module.name_key = str  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module, name_key in kept:
            module.name_key = name_key  # type: ignore[attr-defined]


def _the_look_at_the_list_before_is_left_out() -> AbstractContextManager[Any]:
    """Old campaigns of other people are taken for ours."""
    return patch.object(loader.planning.reconcile, "_is_new", lambda *_: True)


def _a_part_of_the_list_proves_absence() -> AbstractContextManager[Any]:
    def listing(walk: Any, *arguments: Any, **named: Any) -> Listing:  # noqa: ANN401
        return replace(_listing(walk, *arguments, **named), whole=True)

    return patch.object(loader.api.campaign_list._Walk, "listing", listing)


def _newcomers_are_nobodys() -> AbstractContextManager[Any]:
    return patch.object(loader.planning.reconcile.Evidence, "newcomers", lambda *_: ())


def _a_row_once_in_doubt_is_never_looked_up() -> AbstractContextManager[Any]:
    return patch.object(loader.planning.reconcile, "_absence", lambda *_: Absent())


def _what_was_before_a_claim_is_forgotten() -> AbstractContextManager[Any]:
    """A row claimed and never sent is called open, or there before, whatever it was."""

    def forgetful(recorder: OutcomeRecorder, before: Sequence[Record]) -> None:
        for record in before:
            state = State.OPEN if record.state in (State.OPEN, State.REJECTED) else State.EXISTS
            recorder.note(Settlement(record.key, state, attempt=Attempt(attempts=record.attempts)))
        recorder.flush()

    return patch.object(OutcomeRecorder, "give_back", forgetful)


def _a_lock_file_is_never_looked_at() -> AbstractContextManager[Any]:
    return patch.object(loader.storage.locks.Locks, "holds", lambda *_: True)


def _run_after_run_may_write() -> AbstractContextManager[Any]:
    """Whoever once began a run goes on writing in its name, whoever has gone on with it since."""
    return patch.object(Fence, "writing", lambda fence, _run: fence._database.writing())


def _clocks_are_compared() -> AbstractContextManager[Any]:
    """What the server dates after the attempt, by our clock, is taken for ours."""

    def is_new(match: Listed, doubt: Doubt, _: Evidence) -> bool:
        sent = doubt.until - timedelta(seconds=2 * TIMEOUT)
        return doubt.clear or (match.created_at is not None and match.created_at >= sent)

    return patch.object(loader.planning.reconcile, "_is_new", is_new)


def _the_canary_stops_nobody() -> AbstractContextManager[Any]:
    halt = SendLoop.halt

    def unless_by_canary(loop: SendLoop, reason: LoaderError) -> None:
        if not isinstance(reason, CanaryError):
            halt(loop, reason)

    return patch.object(SendLoop, "halt", unless_by_canary)


def _twins_are_not_seen() -> AbstractContextManager[Any]:
    return patch.object(SharedNames, "take", lambda *_: None)


def _one_row_that_is_not_allowed_stops_all() -> AbstractContextManager[Any]:
    return patch.object(loader.execution.sender, "_REFUSED_IN_A_ROW", 1)


def _a_row_that_is_not_allowed_is_rejected_at_once() -> AbstractContextManager[Any]:
    def reject(sender: Sender, claimed: Claimed, error: NotAllowedError) -> Attempted:
        sender._reject(claimed, error)
        return Attempted()

    return patch.object(Sender, "_hold", reject)


def _rows_share_an_id() -> AbstractContextManager[Any]:
    return patch.object(OutcomeRecorder, "bears", lambda *_: True)


def _a_deletion_is_not_written_down_before() -> AbstractContextManager[Any]:
    turn = Journal.turn

    def silent(journal: Journal, run: Run, what: Turn) -> None:
        if what.state is not State.DELETING:
            turn(journal, run, what)

    return patch.object(Journal, "turn", silent)


def _as_drawn(_plan: Plan) -> None:
    pass


def _blind(plan: Plan) -> None:
    """One process after the other, none of which looks at the list first."""
    plan.episodes, plan.preflight = 4, False


def _taken(plan: Plan) -> None:
    """Names that other people had first, and answers that are lost where nothing was created."""
    plan.namesakes, plan.preflight, plan.creates = 0.7, False, {"swallowed": 30}


def _crowded(plan: Plan) -> None:
    """Two processes at once, and for minutes one of them cannot reach the server."""
    plan.crowd, plan.cut_off, plan.preflight, plan.upset = 1.0, 0.7, False, False
    plan.per_minute, plan.patience = 6000, 1800.0


def _hurried(plan: Plan) -> None:
    """Two processes at once, on a small allowance."""
    plan.crowd, plan.per_minute, plan.upset, plan.preflight = 1.0, 20, False, False
    plan.lines = [*plan.lines, *(Line(f"Autumn {number}") for number in range(12))]


def _late(plan: Plan) -> None:
    """Answers are lost, and what was created shows up late."""
    plan.customs = replace(plan.customs, lag=SETTLE)
    plan.creates = {"lost": 40}


def _long(plan: Plan) -> None:
    """A list of several pages, in the order asked for, by a clock that is set back and forth."""
    plan.customs = replace(plan.customs, order="newest", page_cap=8, times=True, lag=0.0, counts=("total", "pages"))
    plan.lines = [Line(f"Spring {number}") for number in range(24)]
    plan.others, plan.creates, plan.per_minute, plan.episodes = 25, {"lost": 20}, 60, 3
    plan.drift, plan.clock_set = 1.0, 1.0


def _renamed(plan: Plan) -> None:
    """A server that keeps names otherwise, and answers that are lost."""
    plan.customs = replace(plan.customs, keeps="escaped", unique_names=False)
    plan.lines = [Line(f"R&D {number}") for number in range(4)]
    plan.creates = {"lost": 40}


def _replaced(plan: Plan) -> None:
    """Rows are asked for once more, and tokens are refused in the middle of it."""
    plan.recreates, plan.episodes, plan.creates = 1.0, 4, {"denied": 30}


def _tidied(plan: Plan) -> None:
    """Two processes at one sheet, the first of which is slow and loses its lock file."""
    plan.tidied, plan.crowd, plan.upset, plan.cut_off, plan.concurrency, plan.per_minute = 1.0, 1.0, False, 0.0, 1, 6000
    plan.lines, plan.creates = [Line(f"Spring {number}") for number in range(12)], {"slow": 100}


def _edited(plan: Plan) -> None:
    """Many runs, and so many edits between them."""
    plan.episodes = 4


def _frozen(plan: Plan) -> None:
    """Two processes at one sheet, the first of which is stopped, loses its lock file and goes on minutes later."""
    plan.freezes = plan.crowd = plan.same_sheet = 1.0
    plan.upset, plan.per_minute, plan.undoes = False, 60, 0.0
    plan.lines = [Line(f"Spring {number}") for number in range(12)]


def _ahead(plan: Plan) -> None:
    """Names that other people had first, on a server whose clock is an hour ahead."""
    _taken(plan)
    plan.customs = replace(plan.customs, skew=3600.0, times=True)


def _altered(plan: Plan) -> None:
    """A server that keeps other values than it was sent."""
    plan.customs, plan.canary, plan.creates = replace(plan.customs, alters=True, keeps="as sent"), 1, {}
    plan.lines = [Line(f"Spring {number}") for number in range(6)]


def _doubled(plan: Plan) -> None:
    """Others make campaigns of the names that rows have."""
    plan.doubles, plan.episodes, plan.preflight = 1.0, 3, True
    plan.customs = replace(plan.customs, unique_names=False)


def _forbidden(plan: Plan) -> None:
    """The account lacks a permission that some rows need."""
    plan.not_allowed, plan.concurrency = 0.4, 1
    plan.lines = [Line(f"Spring {number}") for number in range(8)]


def _all_forbidden(plan: Plan) -> None:
    """The account lacks the permission to create anything."""
    _forbidden(plan)
    plan.not_allowed = 1.0


def _misnamed(plan: Plan) -> None:
    """A server that answers with the ids of other campaigns."""
    plan.creates, plan.customs = {"another's id": 30}, replace(plan.customs, unique_names=False)
    plan.lines = [Line(f"Spring {number}") for number in range(8)]


def _nightly(plan: Plan) -> None:
    """One run after the other in one process, and others make campaigns of the names that rows have."""
    plan.customs = replace(
        plan.customs, order="newest", times=True, counts=("total",), lag=0.0, unique_names=False, keeps="as sent"
    )
    plan.nightly, plan.doubles, plan.episodes, plan.preflight, plan.crowd = True, 1.0, 3, True, 0.0
    plan.others, plan.creates, plan.upset, plan.undoes, plan.recreates = 12, {"denied": 30}, False, 0.0, 0.0
    plan.lines, plan.per_minute, plan.concurrency = [Line(f"Spring {number}") for number in range(6)], 600, 2


def _undone(plan: Plan) -> None:
    """Runs are undone, and the undoing is cut short."""
    plan.undoes, plan.episodes, plan.preflight, plan.crowd, plan.recreates = 1.0, 2, True, 0.0, 0.0
    plan.upset, plan.cut_short = False, True
    plan.lines = [Line(f"Spring {number}") for number in range(8)]


@dataclass(frozen=True, slots=True)
class Sabotage:
    """`schedules`: those in which the safeguard is needed often. `kind`: as what its absence is noticed."""

    switched_off: Callable[[], AbstractContextManager[Any]]
    schedules: Callable[[Plan], None] = _as_drawn
    kind: str = "doubled"


SABOTAGES = {
    "durable intent": Sabotage(_no_intent_is_written_down, _blind),
    "barrier": Sabotage(no_barrier_is_raised),
    "settle time": Sabotage(_nothing_settles, _late),
    "second list read": Sabotage(_one_reading_is_enough, _late),
    "lock": Sabotage(_every_lock_is_had, _crowded),
    "shared budget": Sabotage(_every_process_has_the_whole_budget, _hurried, "unexpected"),
    "adoption by name": Sabotage(_nothing_is_found_by_its_name, kind="unresolved"),
    "case folding": Sabotage(_names_are_compared_letter_by_letter, _edited),
    "proof of absence": Sabotage(_a_row_once_in_doubt_is_never_looked_up),
    "readings to the end": Sabotage(_a_part_of_the_list_proves_absence, _long),
    "campaigns under other names": Sabotage(_newcomers_are_nobodys, _renamed),
    "lock file": Sabotage(_a_lock_file_is_never_looked_at, _tidied),
    "what was there before": Sabotage(_what_was_before_a_claim_is_forgotten, _replaced, "unexpected"),
    "fence": Sabotage(_run_after_run_may_write, _frozen, "unexpected"),
    "no clocks": Sabotage(_clocks_are_compared, _ahead, "lost"),
    "stop of the canary": Sabotage(_the_canary_stops_nobody, _altered, "unexpected"),
    "twins": Sabotage(_twins_are_not_seen, _doubled, "unexpected"),
    "refusals of one row": Sabotage(_one_row_that_is_not_allowed_stops_all, _forbidden, "unexpected"),
    "refusals of all rows": Sabotage(_a_row_that_is_not_allowed_is_rejected_at_once, _all_forbidden, "unexpected"),
    "one id for one row": Sabotage(_rows_share_an_id, _misnamed, "lost"),
    "what is new in the list": Sabotage(_what_is_new_is_never_read, _nightly, "unexpected"),
    "durable deletion": Sabotage(_a_deletion_is_not_written_down_before, _undone, "lost"),
    "age of what is found": Sabotage(_the_look_at_the_list_before_is_left_out, _taken, "lost"),
}
