"""Names that a server may keep otherwise than they are sent: their campaigns may be there already. Pure.

Servers are known to keep names HTML-escaped, cut, and without what is not ASCII, or with a question mark in its place.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from loader.model.campaign import name_key
from loader.model.cell_reference import row_in_words
from loader.model.row import Objection, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from loader.api.listing import Listing
    from loader.planning.plan import Candidate

_CUT_AT = 30
# how a server may keep a name, and how a person reads of it
_KEPT: Mapping[str, Callable[[str], str]] = {
    "HTML-escaped": html.escape,
    "HTML-unescaped": html.unescape,
    f"cut to {_CUT_AT} characters": lambda name: name[:_CUT_AT],
    "without what is not ASCII": lambda name: name.encode("ascii", "ignore").decode(),
    "with ? for what is not ASCII": lambda name: name.encode("ascii", "replace").decode(),
}


def alike_when_kept(candidates: Sequence[Candidate], listing: Listing | None) -> Iterator[Objection]:
    """Warnings of rows that may be a campaign of the list, or another row, under the name a server would keep.

    Names that are equal without that are reported elsewhere, and give no warning here.
    """
    rows = {candidate.key: candidate for candidate in candidates}
    for candidate in candidates:
        for how, kept in _KEPT.items():
            key = name_key(kept(candidate.name))
            if key in ("", candidate.key):
                continue
            there = list(listing.of(key))[:1] if listing is not None else []
            seen = [f"the name of campaign {item.campaign_id} '{item.name}'" for item in there]
            seen += [f"the name of {row_in_words(rows[key].at)}"] if key in rows else []
            if seen:
                wrong = f"is, {how}, {' and '.join(seen)}"
                yield Objection(candidate.row, "name", "", wrong, _right(there), Severity.WARNING, candidate.sheet)
                break


def _right(there: Sequence[object]) -> str:
    return "the name as the server has it, if this is that campaign" if there else ""
