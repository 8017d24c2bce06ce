"""What only a person can say of a row that nobody knows the outcome of: which campaign is its, or that none is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loader.errors import SettingsError
from loader.model.campaign import name_key
from loader.model.records import State
from loader.planning.by_hand import adopted, adoption, making_again
from loader.planning.reconcile import Evidence, looks_like

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from loader.api.listing import Listing
    from loader.api.messages import Listed
    from loader.execution.in_doubt import InDoubt
    from loader.execution.lookup import Lookup
    from loader.execution.recorder import OutcomeRecorder
    from loader.model.records import Record
    from loader.model.row import Outcome
    from loader.planning.plan import RunOptions

_STILL_UNKNOWN = "still unknown; `reconcile` looks it up, and no run sends it before that is clear"


def adoptions(texts: Iterable[str], records: Mapping[str, Record], outcomes: Iterable[Outcome]) -> Mapping[str, str]:
    """Which campaign is to be whose, by the keys of names, from texts such as "Spring South=cd-1".

    Raises:
        SettingsError: one of them names no row of these whose outcome is unknown.
    """
    found, keys = {}, {name_key(outcome.name) for outcome in outcomes}
    for text in texts:
        name, equals, campaign_id = (part.strip() for part in text.rpartition("="))
        if not (name and equals and campaign_id):
            raise SettingsError(f"--adopt '{text}': should be NAME=ID, a row's name and the id of its campaign")
        key = name_key(name)
        if key not in keys:
            raise SettingsError(f"--adopt '{text}': the run has no row '{name}'")
        if key not in records or records[key].state is not State.UNKNOWN:
            raise SettingsError(f"--adopt '{text}': the outcome of '{name}' is not unknown; `show` tells what it is")
        if key in found:
            raise SettingsError(f"--adopt '{text}': '{name}' has one campaign, and this is its second")
        found[key] = campaign_id
    return found


class ByHand:
    """Handles what earlier runs left unknown, `doubts`. `agree` asks a person, in words."""

    def __init__(
        self,
        doubts: Sequence[InDoubt],
        lookup: Lookup,
        recorder: OutcomeRecorder,
        agree: Callable[[str], bool],
        run_options: RunOptions,
    ) -> None:
        self.doubts, self._lookup, self._recorder, self._agree = doubts, lookup, recorder, agree
        self._options = run_options

    def adopt_from(self, listing: Listing) -> None:
        """Let rows bear the campaigns that a person says are theirs."""
        for pending in self.doubts:
            if (campaign_id := self._options.adopt.get(pending.doubt.key)) is None:
                continue
            offer = adoption(pending.doubt, campaign_id, Evidence(listing, self._recorder.standing()))
            if isinstance(offer, str):
                self._lookup.give_up([pending], f"not adopted: {offer}")
            elif self._agree(offer.question):
                self._lookup.adopt(pending, offer.listed, adopted(pending.doubt, offer.listed))
            else:
                self._lookup.give_up([pending], f"not adopted: nobody confirmed that {campaign_id} is this row's")

    def leave(self, listing: Listing | None) -> None:
        """What was left unknown stays so, but for what a person wants once more: that is looked up and sent."""
        for pending in self.doubts:
            if pending.reopen or not self._lookup.is_handling([pending.doubt.key]):
                continue
            newcomers = Evidence(listing, self._recorder.standing()).newcomers(pending.doubt) if listing else ()
            asked = listing is not None and pending.doubt.key in self._options.recreate
            if asked and self._agree(making_again(pending.doubt, newcomers)):
                self._lookup.add(_none_of(newcomers, pending))
            else:
                said = looks_like(newcomers, pending.doubt.name) if newcomers else _STILL_UNKNOWN
                self._lookup.give_up([pending], said)


def _none_of(newcomers: Sequence[Listed], pending: InDoubt) -> InDoubt:
    """The same, by the word of a person who says that none of these campaigns is the row's."""
    lookalikes = frozenset(pending.doubt.lookalikes).union(item.mark for item in newcomers)
    return replace(pending, doubt=replace(pending.doubt, lookalikes=lookalikes, accepted=False), reopen=True)
