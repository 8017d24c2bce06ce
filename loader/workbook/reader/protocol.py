"""Messages between the loader and the process that reads: plain values, each message with its length before it.

JSON, because reading it cannot do harm, whatever has become of the process that wrote it. Rows and losses are packed
as the few kinds of values that JSON has. Imports little: the reader's process is started before anything else is.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

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


def receive(source: BinaryIO, *, most: int) -> tuple[Any, int]:
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


def packed_rows(rows: Sequence[Sequence[object]]) -> list[Any]:
    """The rows with None for each value JSON has no word for, and those values: row and column, kind, spelling."""
    told: list[list[object]] = []
    others: list[tuple[int, int, str, str]] = []
    for at, row in enumerate(rows):
        plain = row
        if not _PLAIN.issuperset(map(type, row)):
            plain = list(row)
            for column, value in enumerate(row):
                if type(value) not in _PLAIN:
                    plain[column] = None
                    others.append((at, column, *_spelled(value)))
        told.append(plain if isinstance(plain, list) else list(plain))
    return [told, others]


def unpacked_rows(message: Any, shared: dict[str, str]) -> list[list[object]]:  # noqa: ANN401 - JSON
    """`shared` keeps one of equal texts, from one message to the next."""
    told, others = message
    once = shared.setdefault
    if not all(_PLAIN.issuperset(map(type, row)) for row in told):
        raise TypeError("not a cell")
    rows: list[list[object]] = [[once(cell, cell) if type(cell) is str else cell for cell in row] for row in told]
    for at, column, kind, spelling in others:
        rows[at][column] = _MEANT[kind](spelling)
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


def packed_losses(losses: Losses) -> dict[str, Any]:
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


def unpacked_losses(message: Any) -> Losses:  # noqa: ANN401 - JSON
    from loader.workbook.reader.losses import Losses  # noqa: PLC0415
    from loader.workbook.reader.number_formats import Shown  # noqa: PLC0415 - not needed before the reader has started

    told = message[1]
    return Losses(
        errors=_texts(told["errors"]),
        unsaved=_texts(told["unsaved"]),
        shown={at: Shown(text) for at, text in _texts(told["shown"]).items()},
        doubled=set(map(_cell, told["doubled"])),
        odd=set(map(_cell, told["odd"])),
        merged=[(_cell(first), _cell(last)) for first, last in told["merged"]],
        hidden_rows=list(map(_whole, told["hidden_rows"])),
        hidden_columns=list(map(_whole, told["hidden_columns"])),
        totals=list(map(_whole, told["totals"])),
    )


def unpacked_title(message: Any) -> tuple[str, bool, list[str]]:  # noqa: ANN401 - JSON
    """The sheet's name, whether its rows are ragged, and remarks about its workbook."""
    _, title, ragged, remarks, _ = message
    return _text(title), ragged is True, list(map(_text, remarks))


def _listed(cells: Mapping[tuple[int, int], str]) -> list[tuple[int, int, str]]:
    return [(*at, text) for at, text in cells.items()]


def _texts(told: Any) -> dict[tuple[int, int], str]:  # noqa: ANN401 - JSON
    return {(_whole(row), _whole(column)): _text(text) for row, column, text in told}


def _cell(told: Any) -> tuple[int, int]:  # noqa: ANN401 - JSON
    row, column = told
    return _whole(row), _whole(column)


def _whole(told: object) -> int:
    if type(told) is not int:
        raise TypeError("not a whole number")
    return told


def _text(told: object) -> str:
    if type(told) is not str:
        raise TypeError("not a text")
    return told
