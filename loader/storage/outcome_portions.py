"""How outcomes are stored: some hundred rows of a run together, field by field, which takes a third of the room."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import TYPE_CHECKING

from sqlalchemy import insert

from loader.model.attempt import Attempt
from loader.model.row import Gone, Outcome, Status
from loader.storage.schema import OUTCOME, names_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.engine import Connection

_FIELDS = [name for name in names_of(Outcome) if name not in ("problems", "sheet")]
# a change of one row writes as many anew
_TOGETHER = 250


def write_outcomes(connection: Connection, run_id: str, outcomes: Iterable[Outcome]) -> None:
    """Add the outcomes of a run, which come in order of sheets and rows."""
    rows = [
        {"of_run": run_id, "sheet": sheet, "from_row": some[0].row, "content": packed(some)}
        for sheet, of_sheet in groupby(outcomes, lambda outcome: outcome.sheet)
        for some in _in_portions(of_sheet)
    ]
    if rows:
        connection.execute(insert(OUTCOME), rows)


def _in_portions(outcomes: Iterator[Outcome]) -> Iterator[Sequence[Outcome]]:
    while some := list(islice(outcomes, _TOGETHER)):
        yield some


def packed(outcomes: Sequence[Outcome]) -> bytes:
    plain = {name: [getattr(outcome, name) for outcome in outcomes] for name in _FIELDS}
    plain["submitted_at"] = [at.timestamp() if at else None for at in plain["submitted_at"]]
    return zlib.compress(json.dumps(plain, separators=(",", ":")).encode())


def outcomes_in(sheet: str, packed: bytes) -> Iterator[Outcome]:
    plain = json.loads(zlib.decompress(packed))
    for values in zip(*plain.values(), strict=True):
        fields = dict(zip(plain, values, strict=True))
        at, gone = fields["submitted_at"], fields["gone"]
        fields["submitted_at"] = None if at is None else datetime.fromtimestamp(at, UTC)
        attempt = Attempt(**{name: fields.pop(name) for name in Attempt.__slots__})
        fields |= {"status": Status(fields["status"]), "gone": None if gone is None else Gone(gone)}
        yield Outcome(**fields, attempt=attempt, sheet=sheet)
