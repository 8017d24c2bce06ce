"""Campaigns that share a name: each of them calls the same people, whoever made it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loader.model.records import State
from loader.model.row import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loader.api.messages import Listed
    from loader.model.records import Record
    from loader.model.row import At, Outcome
    from loader.planning.plan import Candidate

    Groups = Mapping[str, Sequence[Listed]]

_OURS = (State.CREATED, State.DELETING)
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Twins:
    """`ids` are those of the campaigns of one name. `ours` is the one of them that the journal has, `run` made it."""

    key: str
    name: str
    ids: Sequence[str]
    ours: str | None = None
    run: str = ""

    @property
    def sentence(self) -> str:
        """What there is, and what to do about it."""
        ids = ", ".join(f"{it} (created by run {self.run})" if it == self.ours else it for it in self.ids)
        there = f"the server has {len(self.ids)} campaigns named '{self.name}': {ids}"
        if self.ours is None:
            return f"{there}; none of them is in the journal"
        return (
            f"{there}; each of them calls the same people: delete the one that is not wanted, on the server or, "
            f"if it is the loader's, with `campaign-loader undo {self.run}`"
        )

    @property
    def beside_the_row(self) -> str:
        return f"the server has {len(self.ids)} campaigns of this name: {', '.join(self.ids)}"


def ids_in(groups: Groups) -> set[str]:
    return {it.campaign_id for items in groups.values() for it in items}


def twins_among(groups: Groups, records: Mapping[str, Record], candidates: Iterable[Candidate] = ()) -> list[Twins]:
    """Those whose name a row or the journal has; those with one of ours first.

    `records`: at least those of these names and of the ids of these campaigns.
    """
    found, keys = [], {candidate.key for candidate in candidates}
    # by id: a server may keep a campaign under another name than its row has
    ours = {record.campaign_id: record for record in records.values() if record.campaign_id and record.state in _OURS}
    for key, items in sorted(groups.items()):
        ids = [it.campaign_id for it in items]
        if record := next((ours[one] for one in ids if one in ours), None):
            found.append(Twins(record.key, items[0].name, ids, record.campaign_id, record.run))
        elif key in records or key in keys:
            found.append(Twins(key, items[0].name, ids))
    return sorted(found, key=lambda it: it.ours is None)


def sentences(twins: Sequence[Twins]) -> list[str]:
    """For a reader: the first few, and how many more."""
    more = len(twins) - _NAMED
    rest = [f"{more} more name{'s' if more > 1 else ''} that several campaigns bear"] if more > 0 else []
    return [it.sentence for it in twins[:_NAMED]] + rest


def any_ours(twins: Iterable[Twins]) -> bool:
    return any(it.ours is not None for it in twins)


def beside_rows(
    twins: Sequence[Twins], candidates: Iterable[Candidate], outcomes: Mapping[At, Outcome]
) -> dict[At, Outcome]:
    """The outcomes of the rows whose campaigns have a twin, saying so."""
    by_key = {it.key: it for it in twins if it.ours is not None}
    reported = {}
    for candidate in candidates:
        outcome, twin = outcomes.get(candidate.at), by_key.get(candidate.key)
        if outcome is not None and twin is not None and twin.beside_the_row not in outcome.message:
            message = "; ".join(filter(None, (outcome.message, twin.beside_the_row)))
            reported[candidate.at] = replace(outcome, attempt=replace(outcome.attempt, message=message))
    return reported


def warnings_of(twins: Sequence[Twins]) -> list[Problem]:
    """The same for `plan`, which shows no remarks."""
    return [Problem(None, None, "", "", it, severity=Severity.WARNING) for it in sentences(twins)]
