"""Messages between the loader and the process that reads: plain values, each message with its length before it.

JSON, because reading it cannot do harm, whatever has become of the process that wrote it. Rows and losses are packed
as the few kinds of values that JSON has. Imports little: the reader's process is started before anything else is.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from loader.workbook.reader.losses import Losses


_LENGTH = 4  # bytes
_PLAIN = frozenset({str, int, float, bool, type(None)})


class BrokenOffError(Exception):
    """The other side has gone, or says something that cannot be understood."""


def send(to: BinaryIO, message: object) -> None:
    content = json.dumps(message, separators=(",", ":")).encode()
    to.write(len(content).to_bytes(_LENGTH, "big") + content)
    to.flush()


def receive(source: BinaryIO, *, most: int) -> tuple[object, int]:
    """The next message, and its size in bytes; a larger one than `most` is not waited for."""
    size = int.from_bytes(whole(source, _LENGTH), "big")
    if size > most:
        raise BrokenOffError
    try:
        return json.loads(whole(source, size)), size
    except (ValueError, RecursionError) as error:
        raise BrokenOffError from error


def whole(source: BinaryIO, size: int) -> bytes:
    content = source.read(size)
    if len(content) < size:
        raise BrokenOffError
    return content


def packed_rows(rows: Sequence[Sequence[object]]) -> list[object]:
    """The rows with None for each value JSON has no word for, and those values: row and column, kind, spelling."""
    plain_rows: list[list[object]] = []
    others: list[tuple[int, int, str, str]] = []
    for at, row in enumerate(rows):
        plain = row
        if not _PLAIN.issuperset(map(type, row)):
            plain = list(row)
            for column, value in enumerate(row):
                if type(value) not in _PLAIN:
                    plain[column] = None
                    others.append((at, column, *_spelled(value)))
        plain_rows.append(plain if isinstance(plain, list) else list(plain))
    return [plain_rows, others]


def unpacked_rows(packed: object, shared: dict[str, str]) -> list[list[object]]:
    """`shared` keeps one of equal texts, from one message to the next."""
    plain, others = _list(packed)
    plain_rows = list(map(_list, _list(plain)))
    once = shared.setdefault
    if not all(_PLAIN.issuperset(map(type, row)) for row in plain_rows):
        raise TypeError("not a cell")
    rows: list[list[object]] = [[once(cell, cell) if type(cell) is str else cell for cell in row] for row in plain_rows]
    for other in map(_list, _list(others)):
        at, column, kind, spelling = other
        rows[_whole(at)][_whole(column)] = _MEANT[_text(kind)](_text(spelling))
    return rows


def _spelled(value: object) -> tuple[str, str]:
    match value:
        case datetime():
            return "moment", value.isoformat()
        case date():  # midnight of it is what every office program shows
            return "moment", datetime(value.year, value.month, value.day).isoformat()  # noqa: DTZ001 - a cell has no zone
        case time():
            return "time", value.isoformat()
        case timedelta():
            return "duration", f"{value.days} {value.seconds} {value.microseconds}"
        case _:
            return "text", str(value)


def _duration(spelling: str) -> timedelta:
    days, seconds, microseconds = map(int, spelling.split())
    return timedelta(days, seconds, microseconds)


_MEANT: Mapping[str, Callable[[str], object]] = {
    "moment": datetime.fromisoformat,
    "time": time.fromisoformat,
    "duration": _duration,
    "text": str,
}


def packed_losses(losses: Losses) -> dict[str, object]:
    """Without the counts, which are of no use on the other side."""
    return {
        "errors": _listed(losses.errors),
        "unsaved": _listed(losses.unsaved),
        "shown": _listed(losses.shown),
        "doubled": list(losses.doubled),
        "odd": list(losses.odd),
        "merged": losses.merged,
        "hidden_rows": losses.hidden_rows,
        "hidden_columns": losses.hidden_columns,
        "totals": losses.totals,
    }


def unpacked_losses(message: list[object]) -> Losses:
    from loader.workbook.reader.losses import Losses  # noqa: PLC0415
    from loader.workbook.reader.number_formats import Shown  # noqa: PLC0415 - not needed before the reader has started

    _, packed = message
    if not isinstance(packed, dict):
        raise TypeError("not losses")
    return Losses(
        errors=_texts(packed["errors"]),
        unsaved=_texts(packed["unsaved"]),
        shown={at: Shown(text) for at, text in _texts(packed["shown"]).items()},
        doubled=set(map(_cell, _list(packed["doubled"]))),
        odd=set(map(_cell, _list(packed["odd"]))),
        merged=[(_cell(first), _cell(last)) for first, last in map(_list, _list(packed["merged"]))],
        hidden_rows=list(map(_whole, _list(packed["hidden_rows"]))),
        hidden_columns=list(map(_whole, _list(packed["hidden_columns"]))),
        totals=list(map(_whole, _list(packed["totals"]))),
    )


def unpacked_title(message: list[object]) -> tuple[str, bool, bool, list[str]]:
    """The sheet's name, whether its rows are ragged, whether its encoding is guessed, remarks about its workbook."""
    _, title, ragged, guessed, remarks, _ = message
    return _text(title), ragged is True, guessed is True, list(map(_text, _list(remarks)))


def _listed(cells: Mapping[tuple[int, int], str]) -> list[tuple[int, int, str]]:
    return [(*at, text) for at, text in cells.items()]


def _texts(packed: object) -> dict[tuple[int, int], str]:
    return {(_whole(row), _whole(column)): _text(text) for row, column, text in map(_list, _list(packed))}


def _cell(packed: object) -> tuple[int, int]:
    row, column = _list(packed)
    return _whole(row), _whole(column)


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError("not a whole number")
    return value


def _text(value: object) -> str:
    if type(value) is not str:
        raise TypeError("not a text")
    return value
