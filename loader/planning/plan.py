"""What a run would do with every valid row, from what the journal remembers and what the server lists. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from loader.api.messages import Shown
from loader.model.attempt import Attempt
from loader.model.campaign import DialingMode
from loader.model.records import Record, State
from loader.model.row import Gone, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from loader.api.campaign_diff import Difference
    from loader.api.listing import Listing
    from loader.api.messages import Listed
    from loader.model.campaign import Campaign
    from loader.model.row import At


@dataclass(frozen=True, slots=True)
class Candidate:
    """A valid row, ready to be sent."""

    row: int
    campaign: Campaign
    key: str
    digest: str
    """That of the body: the row's content."""
    body: bytes
    sheet: str = ""
    created_as: Record | None = None
    """The campaign of another name whose id and run stand in this row of a results workbook."""

    @property
    def at(self) -> At:
        return self.sheet, self.row

    @property
    def name(self) -> str:
        return self.campaign.name

    @property
    def shown(self) -> Shown:
        """What the campaign list will show of it, in either version."""
        one = self.campaign
        routed_to = one.experience_flow if one.dialing_mode is DialingMode.AGENTLESS else one.queue
        return Shown(frozenset(one.contact_lists), one.dialing_mode.value, str(one.priority), routed_to or "")


@dataclass(frozen=True, slots=True)
class Job:
    """A row to send. `was`: the state the journal has it in. `clear`: the list showed no such name before.

    `lookalikes`: the ids of those that it showed and that are alike in all but the name.
    """

    candidate: Candidate
    was: State
    clear: bool
    attempts: int
    lookalikes: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What was asked for beyond the plain run. `recreate`: keys of names. `limit`: send only the first open rows.

    `adopt`: ids of campaigns that a person says are those of unknown rows, by the keys of names; for this once.
    """

    retry_rejected: bool = False
    recreate: Collection[str] = ()
    limit: int | None = None
    adopt: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """`in_doubt` rows are looked up first; what becomes of them decides whether they are sent."""

    jobs: Sequence[Job]
    in_doubt: Mapping[str, Candidate]
    settled: Sequence[Outcome]


def make_plan(
    candidates: Iterable[Candidate], records: Mapping[str, Record], listing: Listing | None, run_options: RunOptions
) -> Plan:
    """`listing` shows all campaigns of the account, None where nobody looked."""
    jobs: list[Job] = []
    in_doubt: dict[str, Candidate] = {}
    settled: list[Outcome] = []
    for candidate in candidates:
        record = records.get(candidate.key)
        if record is not None and record.state in (State.SENDING, State.UNKNOWN):
            in_doubt[candidate.key] = candidate
        elif record is not None and record.state is State.DELETING:
            settled.append(outcome_of(candidate, record, Status.UNKNOWN, being_deleted(record)))
        elif (outcome := _settled(candidate, record, listing, run_options)) is not None:
            settled.append(outcome)
        elif run_options.limit is not None and len(jobs) >= run_options.limit:
            settled.append(outcome_of(candidate, record, Status.NOT_SENT, f"left out by --limit {run_options.limit}"))
        else:
            jobs.append(job_of(candidate, record, clear=listing is not None and not listing.shows(candidate.key)))
    return Plan(jobs, in_doubt, settled)


def job_of(candidate: Candidate, record: Record | None, *, clear: bool) -> Job:
    return Job(
        candidate,
        was=State.OPEN if record is None else record.state,
        clear=clear,
        attempts=0 if record is None else record.attempts,
    )


def replaces(candidate: Candidate, record: Record | None, run_options: RunOptions) -> bool:
    """Whether a row is to be created once more in place of a campaign that is known; only the list can allow that."""
    if record is None or candidate.key not in run_options.recreate:
        return False
    # also one that is created as its row stands: it may have been deleted on the server
    return record.state in (State.CREATED, State.EXISTS, State.UNKNOWN)


def wants_the_list(candidate: Candidate, record: Record | None, run_options: RunOptions) -> bool:
    """Whether only the campaign list can tell what is to become of a row."""
    return candidate.created_as is not None or replaces(candidate, record, run_options)


def may_still_come(candidate: Candidate, record: Record | None, listing: Listing, run_options: RunOptions) -> bool:
    """Whether the campaign to be replaced may be missing from this list only because it is too young to be in it."""
    return (
        record is not None
        and replaces(candidate, record, run_options)
        and record.state is State.CREATED
        and record.gone is not Gone.VANISHED
        and not listing.of(candidate.key)
        and _still_there(record, listing) is None
    )


def _settled(
    candidate: Candidate, record: Record | None, listing: Listing | None, run_options: RunOptions
) -> Outcome | None:
    """What is known of a row without sending it; None: it is to be sent."""
    state = State.OPEN if record is None else record.state
    same = record is not None and record.digest == candidate.digest
    listed = listing.of(candidate.key) if listing is not None else ()
    hidden = listing is not None and not listed and listing.has_without_id(candidate.key)
    old = None if record is None or listing is None else _still_there(record, listing)
    gone = record is not None and record.gone is Gone.VANISHED and not (listed or hidden) and old is None
    absent = listing is not None and not (listed or hidden) and old is None
    if absent and replaces(candidate, record, run_options):
        return None
    if record is not None and state is State.CREATED:
        there = [*listed, *([old] if old is not None and old not in listed else [])]
        refused = there and replaces(candidate, record, run_options)
        again = vanished(candidate.name, record) if gone and same else ""
        said = _not_replaced(candidate.name, there, same=same) if refused else again
        return outcome_of(candidate, record, Status.CREATED if same else Status.CONFLICT, said)
    if listed or hidden:
        return already_there(candidate, listed)
    if state is State.EXISTS:
        said = "" if listing is None else _gone(candidate.name) if old is None else _renamed(candidate.name, old)
        return outcome_of(candidate, record, Status.ALREADY_EXISTS, said)
    if state is State.REJECTED and same and not run_options.retry_rejected:
        return outcome_of(candidate, record, Status.REJECTED)
    other = candidate.created_as
    return None if other is None else outcome_of(candidate, other, Status.CONFLICT, _name_corrected(other))


def _still_there(record: Record, listing: Listing) -> Listed | None:
    """The campaign that is remembered, under whatever name the list shows it."""
    everything = (item for items in listing.by_key.values() for item in items)
    return next((item for item in everything if item.campaign_id == record.campaign_id), None)


def already_there(candidate: Candidate, listed: Sequence[Listed]) -> Outcome:
    if not listed:
        return Outcome(
            candidate.row,
            candidate.name,
            Status.ALREADY_EXISTS,
            attempt=Attempt(message=_WITHOUT_ID),
            sheet=candidate.sheet,
        )
    first = listed[0]
    others = f" ({len(listed)} of them)" if len(listed) > 1 else ""
    return Outcome(
        candidate.row,
        candidate.name,
        Status.ALREADY_EXISTS,
        attempt=Attempt(
            message=f"a campaign of this name was on the server before this row was ever sent{others}",
            campaign_id=first.campaign_id,
            campaign_status=first.campaign_status,
        ),
        sheet=candidate.sheet,
    )


_WITHOUT_ID = (
    "a campaign of this name was on the server before this row was ever sent, and the campaign list shows no id of it "
    "that can be used"
)


def outcome_of(candidate: Candidate | Outcome, record: Record | None, status: Status, message: str = "") -> Outcome:
    """A row's outcome with what the journal remembers of its campaign; a message given replaces the remembered one."""
    if record is None:
        return Outcome(candidate.row, candidate.name, status, attempt=Attempt(message=message), sheet=candidate.sheet)
    said = message or (conflict(candidate.name) if status is Status.CONFLICT else record.message)
    attempt = replace(record.attempt, message=said)
    return Outcome(candidate.row, candidate.name, status, attempt, record.run, gone=record.gone, sheet=candidate.sheet)


def _gone(name: str) -> str:
    return (
        "a campaign of this name was on the server before this row was ever sent, and the campaign list no longer "
        f"shows it; to create this row's, run with --recreate '{name}'"
    )


def _renamed(name: str, old: Listed) -> str:
    return (
        f"campaign {old.campaign_id} had this name before this row was ever sent, and is still on the server, as "
        f"'{old.name}'; to create this row's, delete it there and run with --recreate '{name}'"
    )


def _not_replaced(name: str, there: Sequence[Listed], *, same: bool) -> str:
    shown = ", ".join(f"{it.campaign_id} '{it.name}'" for it in there)
    created = "created earlier" if same else "created earlier with other values than this row has now"
    return (
        f"{created}, and not created once more: the campaign list still shows {shown}; delete it, then run with "
        f"--recreate '{name}'"
    )


def _name_corrected(old: Record) -> str:
    return (
        f"was created as '{old.name}' ({old.campaign_id}); rename it in Kore.ai, or clear its Campaign ID to create "
        "another"
    )


def vanished(name: str, record: Record) -> str:
    return (
        f"campaign {record.campaign_id} was created, and the server does not have it any more; to create it once more, "
        f"run with --recreate '{name}'"
    )


def conflict(name: str) -> str:
    return (
        "created earlier with other values than this row has now; to create it once more with these, "
        f"delete the old campaign and run with --recreate '{name}'"
    )


def why_conflict(differences: Sequence[Difference]) -> str:
    """What made a conflict of a row that nobody may have meant to change, and what to do then; else blank."""
    if [it.field for it in differences] == ["name"]:
        return "names that differ in case or blanks only are one campaign: to keep it, write the name as it was"
    # no body of version 1 has a DNC list, and every one of version 2
    if any(it.field == "dnc_list" and not (it.ours and it.theirs) for it in differences):
        return "it was created under the other KORE_API_VERSION: to keep it, take this row out of the sheet"
    return ""


def being_deleted(record: Record) -> str:
    return f"campaign {record.campaign_id} was being deleted, and no answer came; `undo {record.run}` finds out"
