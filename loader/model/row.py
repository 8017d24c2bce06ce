"""One row's way through the loader: as typed, what is wrong with it, what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING

from loader.model.attempt import UNTRIED, Attempt, OfAttempt
from loader.model.cell_reference import in_formula
from loader.model.redaction import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from loader.model.fixes import Fix

# a row: the title of its sheet, blank where a run loads one sheet only, and its number counted from 1
At = tuple[str, int]


class Status(StrEnum):
    """What became of a row; the words stand in the results workbook."""

    CREATED = "Created"
    ALREADY_EXISTS = "Already exists"
    CONFLICT = "Conflict"
    INVALID = "Invalid"
    REJECTED = "Rejected"
    NOT_SENT = "Not sent"
    UNKNOWN = "Unknown"


class Gone(StrEnum):
    """Our own word for a campaign that is on the server no more; users read it as its campaign status."""

    DELETED = "Deleted"
    """By `undo`; the row itself is `Not sent` again."""
    VANISHED = "Vanished"
    """It was created, and the server does not have it any more."""


class UndoStatus(StrEnum):
    """What became of a campaign that a run created and `undo` was to delete."""

    DELETED = "deleted"
    GONE = "already gone"
    KEPT = "kept"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Check(StrEnum):
    """What is looked at on the server before the first create; the words are those of `--skip-preflight`."""

    NAMES = "names"
    CONTACT_LISTS = "contact-lists"
    QUEUES = "queues"


class CellError(ValueError):
    """A cell that cannot be read. `wrong` continues "this cell ...", `right` says what would do; see Problem."""

    def __init__(self, wrong: str, right: str = "", fixes: tuple[Fix, ...] = ()) -> None:
        super().__init__(wrong)
        self.wrong, self.right, self.fixes = wrong, right, fixes


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one place. Errors make the row invalid; warnings say what was changed on the way.

    `row` and `column` count from 1 as in the spreadsheet; None where the problem is not one row's or one cell's.
    `wrong` continues a sentence that begins with the cell: "is blank", "is 53 characters long, and at most 48 are
    allowed". `right` is a thing that would do: "a whole number from 1 to 5", "the cells unmerged".
    `changes_meaning`: a warning that says how something was understood; to be seen before the first create.
    """

    row: int | None
    column: int | None
    header: str
    seen: str
    wrong: str
    right: str = ""
    severity: Severity = Severity.ERROR
    changes_meaning: bool = False
    last: tuple[int, int] | None = None
    """Row and column down to which the same is wrong, of a block that begins in `row` and `column`."""
    sheet: str = ""
    fixes: tuple[Fix, ...] = ()
    """What its cell could hold instead, the likeliest first; of a block there are none."""

    @property
    def cell(self) -> str:
        """Its address within its sheet: "F17", or "F17:F90" of a block."""
        return address(self.row, self.column) + (f":{address(*self.last)}" if self.last else "")

    @property
    def place(self) -> str:
        """The same with its sheet, where there are several: "EMEA!F17"."""
        return "!".join(filter(None, (in_formula(self.sheet), self.cell)))

    @property
    def rows(self) -> range:
        """All rows it is about."""
        return range(0) if self.row is None else range(self.row, (self.last[0] if self.last else self.row) + 1)

    @property
    def ats(self) -> Sequence[At]:
        """The same with their sheet."""
        return [(self.sheet, row) for row in self.rows]

    @property
    def columns(self) -> range:
        """All columns it is about."""
        if self.column is None:
            return range(0)
        return range(self.column, (self.last[1] if self.last else self.column) + 1)

    def sentence(self) -> str:
        """The problem in one line: "F17 Priority: '9' is above 5; right: a whole number from 1 to 5"."""
        return self.said(at=self.place)

    def said(self, *, at: str = "") -> str:
        """The same with another place, or with none."""
        place = " ".join(part for part in (at, self.header) if part)
        seen = f"'{_brief(self.seen)}'" if self.seen else ""
        stop = ":" if place and (seen or not (self.cell or self.header)) else ""
        text = " ".join(part for part in (f"{place}{stop}", seen, self.wrong) if part)
        return visible(f"{text}; right: {self.right}" if self.right else text)


@dataclass(frozen=True, slots=True)
class Objection:
    """A Problem that does not know yet where the sheet has the field. A blank `seen`: what the cell holds."""

    row: int | None
    field: str
    seen: str
    wrong: str
    right: str = ""
    severity: Severity = Severity.ERROR
    sheet: str = ""
    fixes: tuple[Fix, ...] = ()

    def at(self, column: int | None = None, header: str = "", seen: str = "") -> Problem:
        said = (self.seen or seen, self.wrong, self.right, self.severity)
        return Problem(self.row, column, header, *said, sheet=self.sheet, fixes=self.fixes)


def _brief(seen: str) -> str:
    """One line of it: a description of 300 characters would bury what is wrong with it."""
    line = " ".join(seen.split())
    return line if len(line) <= _BRIEF else f"{line[: _BRIEF - 1]}…"


_BRIEF = 60


@dataclass(frozen=True, slots=True)
class Draft:
    """A row as typed: raw cell values by field name; blank cells are absent."""

    row: int
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole sheet as read. `cells` are all its rows from row 1 on, header and titles included, values as typed.

    `columns` maps a field of the campaign to its column, counted from 1. `unused` are headers nobody knows.
    `strays`: rows that are reported already, as a whole, and are no campaigns to be checked.
    `country`: where its numbers without a plus are dialled, as two letters; blank where nobody said.
    `label`: its title, by which its rows are distinguished; blank where it is the only sheet that is loaded.
    `passed_over`: how many rows with something in them are no campaigns, and are named in a warning.
    `unsettled`: fields without a column in a sheet whose headers are wrong; what follows from them is not said.
    """

    file: str
    title: str
    header_row: int
    cells: Sequence[Sequence[object]]
    columns: Mapping[str, int]
    drafts: Sequence[Draft]
    unused: Sequence[str] = ()
    problems: Sequence[Problem] = ()
    strays: Collection[int] = ()
    country: str = ""
    passed_over: int = 0
    label: str = ""
    unsettled: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Outcome(OfAttempt):
    """What became of one row in one run."""

    row: int
    name: str
    status: Status
    attempt: Attempt = UNTRIED
    run: str = ""
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    gone: Gone | None = None
    sheet: str = ""

    @property
    def at(self) -> At:
        return self.sheet, self.row

    @property
    def undone(self) -> bool:
        """Created in this run, and deleted again by `undo`."""
        return self.status is Status.NOT_SENT and self.gone is Gone.DELETED

    @property
    def shown_status(self) -> str | None:
        """The campaign's status as users read it: the server's, or our word for one that is gone."""
        return self.gone.value if self.gone else self.campaign_status

    @property
    def ending(self) -> str:
        """What it is counted as."""
        return Gone.DELETED.value if self.undone else self.status.value


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of one row's campaign. `message`: why it was kept, or by which rule it counted as unmodified."""

    row: int
    name: str
    campaign_id: str | None
    status: UndoStatus
    message: str = ""
    sheet: str = ""

    @property
    def at(self) -> At:
        return self.sheet, self.row


def errors_by_row(problems: Iterable[Problem]) -> dict[At, list[Problem]]:
    errors: dict[At, list[Problem]] = {}
    for problem in problems:
        if problem.severity is Severity.ERROR:
            for at in problem.ats:
                errors.setdefault(at, []).append(problem)
    return errors


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By row and column; first what is wrong with the sheet as a whole."""
    return sorted(problems, key=lambda problem: (problem.row or 0, problem.column or 0))


def invalid(at: At, name: str, errors: Sequence[Problem]) -> Outcome:
    """The outcome of a row that cannot be sent, with every reason."""
    message = "\n".join(problem.sentence() for problem in errors)
    sheet, row = at
    return Outcome(row, name, Status.INVALID, attempt=Attempt(message=message), problems=tuple(errors), sheet=sheet)


def shown(value: object) -> str:
    """A cell's value as a spreadsheet shows it: 9:00 AM, and not 09:00:00."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case datetime() if value.time() == time(0):
            return f"{value:%Y-%m-%d}"
        case datetime():
            return f"{value:%Y-%m-%d} {shown(value.time())}"
        case time():
            seconds = f":{value.second:02d}" if value.second else ""
            return f"{value.hour % 12 or 12}:{value.minute:02d}{seconds} {'PM' if value.hour >= 12 else 'AM'}"  # noqa: PLR2004
        case _:
            return str(value)


def address(row: int | None, column: int | None) -> str:
    """The spreadsheet's own name of a cell ("F17"), of a row ("row 17") or of a column ("column F")."""
    if row is None and column is None:
        return ""
    if column is None:
        return f"row {row}"
    letters = ""
    rest = column
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return f"column {letters}" if row is None else f"{letters}{row}"
