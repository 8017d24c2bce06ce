"""What the account's contact lists and queues, and its campaigns, say against the rows to be sent. Pure."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from loader.model.campaign import DialingMode, name_key
from loader.model.fixes import perhaps
from loader.model.row import Check, Objection, Severity
from loader.planning.kept_names import alike_when_kept

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from loader.api.listing import Listing
    from loader.api.messages import Shown
    from loader.model.fixes import Fix
    from loader.model.inventory import ContactList, Inventory
    from loader.model.row import At
    from loader.planning.plan import Job


UNCHECKED = "experience flows, caller IDs and DNC lists are not checked: the API has no list of them"  # 5.6

_USABLE = ("ready", "validated")  # 5.4
_COMPLETED = "completed"
# what people put between names where a ';' belongs
_SEPARATORS = re.compile(r"\s*(?:[,/&|+]|\band\b)\s*")
_NAMED = 3


def to_read(jobs: Iterable[Job], checks: Collection[Check]) -> Sequence[Check]:
    """What of the account has to be read to judge these jobs: the queues only where one of them has a queue."""
    queues = Check.QUEUES in checks and any(_has_queue(job.candidate.shown) for job in jobs)
    return [Check.CONTACT_LISTS] * (Check.CONTACT_LISTS in checks) + [Check.QUEUES] * queues


def judge(
    jobs: Iterable[Job], inventory: Inventory, listing: Listing | None, *, checks: Collection[Check]
) -> list[Objection]:
    """Objections with a row are about that row; the others are about the account or a contact list of several rows.

    `listing` is the whole campaign list, None where nobody looked.
    """
    candidates = [job.candidate for job in jobs]
    wanted = [(candidate.at, candidate.shown) for candidate in candidates]
    objections = [*_without_id(listing), *alike_when_kept(candidates, listing)]
    objections += [Objection(None, "", "", text, severity=Severity.WARNING) for text in inventory.unread]
    if inventory.contact_lists is not None:
        lists = _Lists(inventory.contact_lists)
        objections += [objection for row, it in wanted for objection in lists.against(row, sorted(it.contact_lists))]
    if inventory.queues is not None:
        queues = _Names(inventory.queues, "an active queue of this application")
        faults = [(row, queues.fault(it.connection), it.connection) for row, it in wanted if _has_queue(it)]
        objections += [
            Objection(row, "queue", "", *fault, sheet=sheet, fixes=queues.fixes(name))
            for (sheet, row), fault, name in faults
            if fault
        ]
    if Check.CONTACT_LISTS in checks:
        barred = {(it.sheet, it.row) for it in objections if it.severity is Severity.ERROR}
        objections += _shared([(row, it) for row, it in wanted if row not in barred], listing)
    return objections


def _without_id(listing: Listing | None) -> Iterator[Objection]:
    """No row can bear one of these campaigns, and none of their names is sent."""
    if listing is not None and (items := listing.without_id):
        named = ", ".join(f"'{item.name}'" for item in items[:_NAMED])
        more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
        wrong = f"the campaign list shows no id that can be used of {named}{more}: no row of such a name is sent"
        yield Objection(None, "", "", wrong, severity=Severity.WARNING)


def _has_queue(it: Shown) -> bool:
    return it.dialing_mode != DialingMode.AGENTLESS


class _Names:
    """Names that exist; `what` says what each is, and none other.

    A name that is merely spelled alike may be another list, with other people on it: it is suggested only where case,
    blanks or hyphens differ, or two letters have changed places.
    """

    def __init__(self, names: Iterable[str], what: str) -> None:
        self._names = dict.fromkeys(names)
        self._by_key: dict[str, list[str]] = {}
        for name in self._names:
            self._by_key.setdefault(_spelling(name), []).append(name)
        self._what = what
        self._faults: dict[str, tuple[str, str]] = {}

    def fault(self, name: str) -> tuple[str, str] | None:
        """What is wrong and what would be right, None where it exists under exactly this name."""
        if name in self._names:
            return None
        if name not in self._faults:
            self._faults[name] = f"is not {self._what}, which has {self._there()}", self._right(name)
        return self._faults[name]

    def fixes(self, name: str) -> tuple[Fix, ...]:
        """The names that may be meant by one that is none, as they may stand in a cell."""
        return perhaps(*(it for it in self._same(name) if it == it.strip()))

    def _there(self) -> str:
        named = [repr(name) for name in itertools.islice(self._names, _NAMED)]
        more = len(self._names) - len(named)
        return ", ".join(named) + (f" and {more} more" if more else "") if named else "none"

    def _right(self, name: str) -> str:
        if same := self._same(name):
            return f"perhaps {' or '.join(map(repr, same))}"
        parts = [part for part in _SEPARATORS.split(name) if part]
        if (
            len(parts) > 1
            and (several := [same[0] for part in parts if len(same := self._same(part)) == 1])
            and (len(several) == len(parts))
        ):
            return f"perhaps '{'; '.join(several)}': names are separated by ';'"
        return f"the exact name of {self._what}: `campaign-loader template --live` offers them all"

    def _same(self, name: str) -> Sequence[str]:
        """The names that this one can only be a slip of."""
        if name in self._names:
            return [name]
        key = _spelling(name)
        if found := self._by_key.get(key):
            return found
        swaps = (
            f"{key[:at]}{key[at + 1]}{key[at]}{key[at + 2 :]}" for at in range(len(key) - 1) if _are_letters(key, at)
        )
        slips = [it for swapped in swaps for it in self._by_key.get(swapped, ())]
        return slips if len(slips) == 1 else []


def _spelling(name: str) -> str:
    """What names share that differ in case, blanks and hyphens; digits stay apart, or 1 1 would be 11."""
    return re.sub(r"(?<![0-9])[\s_-]+|[\s_-]+(?![0-9])", "", re.sub(r"[\s_-]+", " ", name_key(name)))


def _are_letters(key: str, at: int) -> bool:
    return key[at : at + 2].isalpha() and key[at] != key[at + 1]


class _Lists:
    def __init__(self, known: Sequence[ContactList]) -> None:
        self._known = {it.name: it for it in known}
        self._names = _Names(self._known, "a contact list of this account")

    def against(self, at: At, names: Sequence[str]) -> Iterator[Objection]:
        sheet, row = at
        for name in names:
            if verdict := self._verdict(name):
                wrong, right, severity = verdict
                one_of_several = f"has the name '{name}', which " if len(names) > 1 else ""
                fixes = () if len(names) > 1 or name in self._known else self._names.fixes(name)
                yield Objection(row, "contact_lists", "", one_of_several + wrong, right, severity, sheet, fixes)
        sources = {_kind(it.source): it.source for name in names if (it := self._known.get(name)) and it.source}
        if len(sources) > 1:  # 1.5
            wrong = f"has contact lists of different sources: {', '.join(sorted(sources.values()))}"
            yield Objection(row, "contact_lists", "", wrong, "contact lists of one source", sheet=sheet)

    def _verdict(self, name: str) -> tuple[str, str, Severity] | None:
        if fault := self._names.fault(name):
            return *fault, Severity.ERROR
        one = self._known[name]
        if one.status and one.status.casefold() not in _USABLE:
            return f"is a contact list in the status {one.status}", "one that is Ready or Validated", Severity.ERROR
        if one.records == 0:
            return "is an empty contact list", "", Severity.WARNING
        return None


def _kind(source: str) -> str:
    """Samples disagree on whether it is `passiveApi` or `passiveApiIntegration` (5.4)."""
    return source.casefold().removesuffix("integration")


def _shared(wanted: Sequence[tuple[At, Shown]], listing: Listing | None) -> Iterator[Objection]:
    """Two campaigns may share a contact list, but may not run at the same time with it (1.5)."""
    rows: dict[str, list[str]] = {}
    for (sheet, row), it in wanted:
        for name in it.contact_lists:
            rows.setdefault(name, []).append(f"{row} of '{sheet}'" if sheet else str(row))
    campaigns = _campaigns_of(rows, listing)
    for name in sorted(rows):
        own, others = rows[name], campaigns.get(name, [])
        if len(own) + len(others) > 1:
            parties = " and ".join(filter(None, (_counted("row", own), _counted("campaign", others))))
            wrong = f"is called by {parties}, which cannot run at the same time"
            yield Objection(None, "contact_lists", name, wrong, severity=Severity.WARNING)


def _campaigns_of(lists: Collection[str], listing: Listing | None) -> Mapping[str, list[str]]:
    """The campaigns on the server that may still run, by contact list."""
    found: dict[str, list[str]] = {}
    for one in (one for group in listing.by_key.values() for one in group) if listing else ():
        if (one.campaign_status or "").casefold() != _COMPLETED:
            for name in one.shown.contact_lists.intersection(lists):
                found.setdefault(name, []).append(f"'{one.name}'")
    return found


def _counted(noun: str, items: Sequence[str]) -> str:
    """ "rows 2, 3, 4 and 17 more"; blank where there are none."""
    if len(items) <= 1:
        return f"{noun} {items[0]}" if items else ""
    *first, last = items if len(items) <= _NAMED else [*items[:_NAMED], f"{len(items) - _NAMED} more"]
    return f"{noun}s {', '.join(first)} and {last}"
