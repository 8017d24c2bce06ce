"""Drafts become campaigns, or every reason why not: all problems of all rows at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from loader.campaign import Campaign, DialingMode, MachineDetection, Week, Weekday, name_key, week
from loader.collector import paused
from loader.row import CellError, Problem, Severity
from loader.workbook.columns import COLUMNS
from loader.workbook.reading import Reading
from loader.workbook.windows import window

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pydantic_core import ErrorDetails

    from loader.row import Draft, Sheet

ApiVersion = Literal["v1", "v2"]

_COLUMN_OF = {column.field: column for column in COLUMNS}
_DAYS = {day: (day.lower(), f"{day.lower()}_start", f"{day.lower()}_end") for day in Weekday}
_WHOLE_DAYS = tuple(whole for whole, _, _ in _DAYS.values())
_DAY_ENDS = frozenset(end for _, *ends in _DAYS.values() for end in ends)
_DAY_FIELDS = frozenset(_WHOLE_DAYS) | _DAY_ENDS
_CLOSED = Reading(())
_OWN = frozenset({"name", "description"})  # no two rows have the same
_ALIKE = frozenset({str, int})  # types of which values that are equal are the same; True is 1, and 1.0 too
_DAY_RULE = "at least one weekday with a window such as 9:00 AM - 6:00 PM"
_HOURS = "calling_hours"
# what stands for a cell that could not be read: wrong in every field, so that no rule takes it for a blank
_UNREADABLE = object()


@dataclass(frozen=True, slots=True)
class Ready:
    """A campaign and the row it stands in."""

    row: int
    campaign: Campaign


@dataclass(frozen=True, slots=True)
class Checked:
    """`invalid`: row -> campaign name as typed. `problems`: the sheet's own and all rows', errors and warnings."""

    ready: Sequence[Ready]
    invalid: Mapping[int, str]
    problems: Sequence[Problem]


def validate(sheet: Sheet, *, api_version: ApiVersion = "v1") -> Checked:
    with paused():
        return _validated(sheet, api_version)


def _validated(sheet: Sheet, api_version: ApiVersion) -> Checked:
    lost: dict[int, list[Problem]] = {}
    for problem in sheet.problems:
        if problem.row is not None and problem.severity is Severity.ERROR:
            lost.setdefault(problem.row, []).append(problem)
    places = Places(sheet)
    problems = list(sheet.problems)
    ready: list[Ready] = []
    invalid: dict[int, str] = {}
    first_row: dict[str, int] = {}
    for draft in sheet.drafts:
        check = _Check(places, draft, lost.get(draft.row, ()))
        campaign = check.campaign(api_version)
        check.name_is_new(first_row)
        found = check.problems()
        problems += found
        if campaign is None or draft.row in lost or any(problem.severity is Severity.ERROR for problem in found):
            invalid[draft.row] = str(draft.values.get("name", ""))
        else:
            ready.append(Ready(draft.row, campaign))
    problems.sort(key=lambda problem: (problem.row or 0, problem.column or 0))
    return Checked(ready, invalid, problems)


def _read_anew(field: str, value: object) -> Reading | CellError:
    try:
        return _COLUMN_OF[field].read(value)
    except CellError as error:
        return error


# a sheet repeats its texts; typed, or True would be what 1 was
_reading = lru_cache(maxsize=32768, typed=True)(_read_anew)


@lru_cache(maxsize=4096, typed=True)  # and its weeks
def _plain_week(*typed: object) -> Week | None:
    """The windows of all days, None where there is anything to say about one of them."""
    windows: dict[Weekday, object] = {}
    for day, field, value in zip(_DAYS, _WHOLE_DAYS, typed, strict=True):
        reading = _CLOSED if value is None else _reading(field, value)
        if isinstance(reading, CellError) or reading.warning:
            return None
        if reading.value:
            windows[day] = reading.value
    try:
        return week(windows)
    except ValidationError:
        return None


class Places:
    """Where a field stands in the sheet, and what the sheet calls it; `plain`: values read without a word so far."""

    def __init__(self, sheet: Sheet) -> None:
        self.plain: defaultdict[str, dict[object, object]] = defaultdict(dict)
        self._columns = sheet.columns
        self._headers = sheet.cells[sheet.header_row - 1]

    def column(self, field: str) -> int | None:
        return self._columns.get(field)

    def header(self, field: str) -> str:
        column = self._columns.get(field)
        return str(self._headers[column - 1]).strip() if column else _COLUMN_OF[field].header

    def fields_at(self, columns: Collection[int | None]) -> set[str]:
        return {field for field, column in self._columns.items() if column in columns}


class _Check:
    """One row on its way to a campaign. A field in `_wrong` has its error; what follows from it is not said again."""

    __slots__ = ("_draft", "_errors", "_places", "_values", "_warnings", "_wrong")

    def __init__(self, places: Places, draft: Draft, lost: Sequence[Problem]) -> None:
        self._places = places
        self._draft = draft
        self._values: dict[str, object] = {}
        self._wrong = places.fields_at({problem.column for problem in lost}) if lost else set()
        self._errors: list[Problem] = []
        self._warnings: dict[str, Problem] = {}

    def problems(self) -> list[Problem]:
        """A warning on a cell that has an error would only be in its way."""
        return [*self._errors, *(problem for field, problem in self._warnings.items() if field not in self._wrong)]

    def campaign(self, api_version: ApiVersion) -> Campaign | None:
        plain, wrong, values = self._places.plain, self._wrong, self._values
        for field, typed in self._draft.values.items():
            if field in _DAY_FIELDS:
                continue
            value = plain[field].get(typed) if type(typed) in _ALIKE and field not in wrong else None
            if value is None:
                value = self._read(field)
            if value is not None:
                values[field] = value
        values[_HOURS] = self._week()
        self._detection_and_version(api_version)
        if self._wrong:
            values = {**values, **dict.fromkeys(self._wrong - _DAY_FIELDS, _UNREADABLE)}
        try:
            return Campaign.model_validate(values)
        except ValidationError as error:
            self._translate(error)
            return None

    def name_is_new(self, first_row: dict[str, int]) -> None:
        name = self._values.get("name")
        if isinstance(name, str):
            first = first_row.setdefault(name_key(name), self._draft.row)
            if first != self._draft.row:
                self._error("name", f"is the name in row {first}, too", right="a name that no other row has")

    def _read(self, field: str) -> object:
        """The cell's plain value, None for a blank or where something is wrong with it."""
        value = self._draft.values.get(field)
        if value is None or field in self._wrong:
            return None
        reading = _read_anew(field, value) if field in _OWN else _reading(field, value)
        if isinstance(reading, CellError):
            self._error(field, reading.wrong, right=reading.right)
            return None
        if reading.warning:
            self._warnings[field] = self._problem(field, reading.warning, severity=Severity.WARNING)
        elif field not in _OWN and type(value) in _ALIKE:
            self._places.plain[field][value] = reading.value
        return reading.value

    def _week(self) -> Mapping[Weekday, object]:
        values = self._draft.values
        if _DAY_ENDS.isdisjoint(values) and self._wrong.isdisjoint(_DAY_FIELDS):
            plain = _plain_week(*map(values.get, _WHOLE_DAYS))
            if plain is not None:
                return plain
        return {day: windows for day in _DAYS if (windows := self._windows_on(day))}

    def _windows_on(self, day: Weekday) -> object:
        whole, start, end = _DAYS[day]
        if whole in self._draft.values:
            return self._read(whole)
        if start not in self._draft.values and end not in self._draft.values:
            return ()
        first, last = self._draft.values.get(start), self._draft.values.get(end)
        if isinstance(first, str) and isinstance(last, str) and not {start, end} & self._wrong:
            # side by side, "9:00" and "18:00" are as clear as in one cell
            together = _reading(whole, f"{first} - {last}")
            if isinstance(together, Reading) and isinstance(together.value, tuple) and len(together.value) == 1:
                return together.value
        else:
            together = None
        return self._window(day, start, end, together)

    def _window(self, day: Weekday, start: str, end: str, together: Reading | CellError | None) -> object:
        first, last = self._read(start), self._read(end)
        if {start, end} & self._wrong:
            return ()
        if isinstance(together, CellError) and first and last:
            self._error(end, f"after '{self._seen(start)}' {together.wrong}", right=together.right)
        elif isinstance(first, time) and isinstance(last, time):
            try:
                return (window(first, last),)
            except CellError as error:
                self._error(end, error.wrong, right=error.right)
        elif first is not None or last is not None:
            blank = start if first is None else end
            self._error(blank, f"is blank, and the other end of {day} is not")
        return ()

    def _detection_and_version(self, api_version: ApiVersion) -> None:
        """What the two versions of the API do not share (reference, sections 2 and 4)."""
        detection, dnc_list = self._values.get("machine_detection"), self._values.get("dnc_list")
        if api_version == "v1":
            if dnc_list is not None:
                self._error(
                    "dnc_list", "is for version 2 of the API only", right="a blank cell, or KORE_API_VERSION=v2"
                )
            if detection in {MachineDetection.DETECT, MachineDetection.DISCONNECT}:
                wrong = "is a word of version 2 of the API"
                self._error("machine_detection", wrong, right="yes or no, or KORE_API_VERSION=v2")
        else:
            if dnc_list is None and "dnc_list" not in self._wrong:
                self._error("dnc_list", "is blank, and version 2 of the API needs it")
            if detection is MachineDetection.YES:
                wrong = "does not tell version 2 of the API what to do about a machine"
                self._error("machine_detection", wrong, right="no, detect or disconnect")
        mode = self._values.get("dialing_mode", DialingMode.AGENTLESS)
        if mode is not DialingMode.AGENTLESS and detection not in {None, MachineDetection.NO}:
            wrong = f"is switched off by the API in {mode} mode, so 'no' is sent"
            self._warnings["machine_detection"] = self._problem("machine_detection", wrong, severity=Severity.WARNING)
            self._values["machine_detection"] = MachineDetection.NO

    def _translate(self, error: ValidationError) -> None:
        wrong = set(self._wrong)
        for detail in error.errors(include_url=False, include_input=False):
            field, *inside = detail["loc"]
            if field == _HOURS and inside:
                used = next(name for name in _DAYS[Weekday(str(inside[0]))][::2] if name in self._draft.values)
                self._error(used, _wording(detail))
            elif field == _HOURS:
                if not self._wrong & _DAY_FIELDS:
                    self._errors.append(
                        Problem(self._draft.row, None, "Monday to Sunday", "", _wording(detail), _DAY_RULE)
                    )
            elif field not in wrong:
                self._error(str(field), _wording(detail, self._values.get(str(field))))

    def _error(self, field: str, wrong: str, *, right: str = "") -> None:
        self._wrong.add(field)
        self._errors.append(self._problem(field, wrong, right=right or _COLUMN_OF[field].rule))

    def _problem(self, field: str, wrong: str, *, right: str = "", severity: Severity = Severity.ERROR) -> Problem:
        places = self._places
        column, header, seen = places.column(field), places.header(field), self._seen(field)
        return Problem(self._draft.row, column, header, seen, wrong, right, severity)

    def _seen(self, field: str) -> str:
        value = self._draft.values.get(field)
        return "" if value is None else str(value)


def _wording(detail: ErrorDetails, value: object = None) -> str:
    """pydantic's error as the end of a sentence that begins with the cell."""
    context = detail.get("ctx", {})
    if isinstance(value, tuple) and len(detail["loc"]) > 1:  # one name of several
        item = value[int(detail["loc"][1])]
        return f"has the name '{item}', which {_wording({**detail, 'loc': ()}, item)}"
    match detail["type"]:
        case "string_too_long" | "too_long":
            size = (
                f"is {len(value)} characters long"
                if isinstance(value, str)
                else f"has {context['actual_length']} names"
            )
            return f"{size}, and at most {context['max_length']} are allowed"
        case "greater_than_equal" | "less_than_equal":
            return f"is below {context['ge']}" if "ge" in context else f"is above {context['le']}"
        case kind:
            return _WORDS.get(kind) or str(context.get("error", detail["msg"]))


_WORDS = {
    "missing": "is blank",
    "string_too_short": "is blank",
    "too_short": "has no names",
    "string_unicode": "contains half of a character (a lone surrogate)",
}
