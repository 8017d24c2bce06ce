"""Drafts become campaigns, or every reason why not: all problems of all rows at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from loader.model.campaign import Campaign, DialingMode, MachineDetection, Weekday, name_key
from loader.model.cell_reference import row_in_words
from loader.model.fixes import Fix, Sure
from loader.model.row import (
    CellError,
    Problem,
    Severity,
    errors_by_row,
    in_order,
    shown,
)
from loader.planning.api_words import faults_under
from loader.planning.checked import Checked, Ready, weightiest
from loader.planning.corrections import corrections, stands_in_its_cell
from loader.planning.readings import WHOLE_DAYS, number_in, plain_week, read_again, read_anew
from loader.planning.validation_messages import message_of
from loader.workbook.cell_parsers import Reading
from loader.workbook.columns import BY_FIELD, DAY_FIELDS
from loader.workbook.header_words import one_line
from loader.workbook.reader.read import paused
from loader.workbook.time_windows import window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loader.model.row import At, Draft, Sheet

ApiVersion = Literal["v1", "v2"]

_DAY_FIELDS = frozenset(chain.from_iterable(DAY_FIELDS.values()))
_WEEK_FIELDS = _DAY_FIELDS | {"calling_hours"}
_DAY_ENDS = _DAY_FIELDS.difference(WHOLE_DAYS)
MOST_PROBLEMS = 5_000  # of a sheet; from there on one a row
_OWN = frozenset({"name", "description"})  # no two rows have the same: nothing to remember
_REMEMBERED = frozenset({str, int})  # no others: True and 1.0 are equal to 1, and read as something else
_DAY_RULE = "at least one weekday with a window such as 9:00 AM - 6:00 PM"
_HOURS = "calling_hours"
# what stands for a cell that could not be read: wrong in every field, so that no rule takes it for a blank
_UNREADABLE = object()


@paused()
def validate(*sheets: Sheet, api_version: ApiVersion = "v1", most: int = MOST_PROBLEMS) -> Checked:
    """What is valid of the sheets of one load; a name stands in one row of all of them. `most`: problems of each."""
    known: defaultdict[str, dict[object, object]] = defaultdict(dict)
    first_row: dict[str, At] = {}
    parts = [_checked(sheet, api_version, known, first_row, most) for sheet in sheets]
    return Checked(
        [ready for part in parts for ready in part.ready],
        {at: name for part in parts for at, name in part.invalid.items()},
        [problem for part in parts for problem in part.problems],
    )


def _checked(
    sheet: Sheet,
    api_version: ApiVersion,
    known: defaultdict[str, dict[object, object]],
    first_row: dict[str, At],
    most: int,
) -> Checked:
    lost = errors_by_row(sheet.problems)
    problems = list(sheet.problems)
    ready: list[Ready] = []
    refused: dict[At, str] = {}
    passed_over = 0
    for draft in sheet.drafts:
        at = sheet.label, draft.row
        if draft.row in sheet.strays:
            refused[at] = str(draft.values.get("name", ""))
            continue
        check = _Check(sheet, draft, lost.get(at, ()), known)
        check.brief = len(problems) >= most
        campaign = check.campaign(api_version)
        check.name_is_new(first_row)
        if found := check.problems():
            listed = found if len(problems) + len(found) <= most else weightiest(found)
            problems += listed
            passed_over += len(found) - len(listed) + max(0, len(check.counted) - 1)
        if campaign is None or at in lost or any(problem.severity is Severity.ERROR for problem in found):
            refused[at] = str(draft.values.get("name", ""))
        else:
            ready.append(Ready(draft.row, campaign, sheet.label))
    if passed_over:
        more = f"The sheet has {passed_over:,} problems more than are listed: correct those, and check it again."
        problems.append(Problem(None, None, "", "", more, severity=Severity.WARNING, sheet=sheet.label))
    return Checked(ready, refused, in_order(problems))


def header_in(sheet: Sheet, field: str) -> str:
    """What the sheet calls a field; its usual header where the sheet has no column for it."""
    column = sheet.columns.get(field)
    return one_line(sheet.cells[sheet.header_row - 1][column - 1]) if column else BY_FIELD[field].header


class _Check:
    """One row on its way to a campaign. A field in `_wrong` has its error; what follows from it is not said again.

    `lost`: what is wrong with its cells already. `known`: by field, what cells of earlier rows were read as. `brief`:
    one error is listed and all are `counted`, by place and what is wrong.
    """

    __slots__ = ("_draft", "_errors", "_known", "_sheet", "_values", "_warnings", "_wrong", "brief", "counted")

    def __init__(
        self, sheet: Sheet, draft: Draft, lost: Sequence[Problem], known: defaultdict[str, dict[object, object]]
    ) -> None:
        self._sheet = sheet
        self._draft = draft
        self._known = known
        self.brief = False
        self.counted: set[tuple[int | str, str]] = set()
        self._values: dict[str, object] = {}
        lost_columns = {column for problem in lost for column in problem.columns}
        self._wrong = set(sheet.unsettled)
        if lost:
            self._wrong |= {field for field, column in sheet.columns.items() if column in lost_columns}
        self._errors: list[Problem] = []
        self._warnings: dict[str, Problem] = {}

    def problems(self) -> list[Problem]:
        """The errors of the row, and the warnings on its other cells."""
        if not self._errors and not self._warnings:
            return []
        # one column may stand for several days
        return [
            *dict.fromkeys(self._errors),
            *dict.fromkeys(problem for field, problem in self._warnings.items() if field not in self._wrong),
        ]

    def campaign(self, api_version: ApiVersion) -> Campaign | None:
        known, wrong, values = self._known, self._wrong, self._values
        for field, typed in self._draft.values.items():
            if field in _WEEK_FIELDS:
                continue
            value = known[field].get(typed) if type(typed) in _REMEMBERED and field not in wrong else None
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

    def name_is_new(self, first_row: dict[str, At]) -> None:
        name = self._values.get("name")
        if isinstance(name, str):
            at = self._sheet.label, self._draft.row
            first = first_row.setdefault(name_key(name), at)
            if first != at:
                where = row_in_words(first) if first[0] != at[0] else f"row {first[1]}"
                self._error("name", f"is the name in {where}, too", right="a name that no other row has")

    def _read(self, field: str) -> object:
        """The cell's plain value, None for a blank or where something is wrong with it."""
        value = self._draft.values.get(field)
        if value is None or field in self._wrong:
            return None
        reading = self._reading_of(field, value)
        if isinstance(reading, CellError):
            self._error(field, reading.wrong, right=reading.right, fixes=self._corrections(field, reading))
            return None
        if reading.warning:
            fixes = self._corrections(field, reading)
            self._warn(field, reading.warning, changes_meaning=reading.changes_meaning, fixes=fixes)
        elif field not in _OWN and type(value) in _REMEMBERED:
            self._known[field][value] = reading.value
        return reading.value

    def _reading_of(self, field: str, value: object) -> Reading | CellError:
        if field == "caller_id" and self._sheet.country:
            return number_in(self._sheet.country, value)
        return read_anew(field, value) if field in _OWN else read_again(field, value)

    def _corrections(self, field: str, reading: Reading | CellError) -> tuple[Fix, ...]:
        return corrections(reading, field, partial(self._reading_of, field))

    def _week(self) -> Mapping[Weekday, object]:
        values = self._draft.values
        if _HOURS in values:
            week = self._read(_HOURS)
            return week if isinstance(week, Mapping) else {}
        if _DAY_ENDS.isdisjoint(values) and self._wrong.isdisjoint(_DAY_FIELDS):
            plain = plain_week(*map(values.get, WHOLE_DAYS))
            if plain is not None:
                return plain
        return {day: windows for day in DAY_FIELDS if (windows := self._windows_on(day))}

    def _windows_on(self, day: Weekday) -> object:
        whole, start, end = DAY_FIELDS[day]
        if whole in self._draft.values:
            return self._read(whole)
        if start not in self._draft.values and end not in self._draft.values:
            return ()
        first, last = self._draft.values.get(start), self._draft.values.get(end)
        if isinstance(first, str) and isinstance(last, str) and not {start, end} & self._wrong:
            # side by side, "9:00" and "18:00" are as clear as in one cell
            together = read_again(whole, f"{first} - {last}")
            if isinstance(together, Reading) and isinstance(together.value, tuple) and len(together.value) == 1:
                if together.warning:
                    wrong = f"after '{self._seen(start)}' {together.warning}"
                    self._warn(end, wrong, changes_meaning=together.changes_meaning)
                return together.value
        else:
            together = None
        return self._window(day, start, end, together)

    def _window(self, day: Weekday, start: str, end: str, together: Reading | CellError | None) -> object:
        first, last = self._read(start), self._read(end)
        if {start, end} & self._wrong:
            return ()
        if isinstance(together, CellError) and first and last:
            wrong, fixes = f"after '{self._seen(start)}' {together.wrong}", self._corrections(end, together)
            self._error(end, wrong, right=together.right, fixes=fixes)
        elif isinstance(first, time) and isinstance(last, time):
            try:
                return (window(first, last),)
            except CellError as error:
                self._error(end, error.wrong, right=error.right, fixes=error.fixes)
        elif first is not None or last is not None:
            blank = start if first is None else end
            closed = "says that there are no calls, and the other end of {} is a time"
            self._error(
                blank, (closed if self._seen(blank) else "is blank, and the other end of {} is not").format(day)
            )
        return ()

    def _detection_and_version(self, api_version: ApiVersion) -> None:
        for field, wrong, right in faults_under(api_version, self._values, self._wrong):
            self._error(field, wrong, right=right)
        mode = self._values.get("dialing_mode", DialingMode.AGENTLESS)
        detection = self._values.get("machine_detection")
        if mode is not DialingMode.AGENTLESS and detection not in {None, MachineDetection.NO}:
            wrong, no = f"is switched off by the API in {mode} mode, so 'no' is sent", MachineDetection.NO
            self._warn("machine_detection", wrong, changes_meaning=True, fixes=(Fix(no.value, Sure.READ_SO),))
            self._values["machine_detection"] = no

    def _translate(self, error: ValidationError) -> None:
        wrong = set(self._wrong)
        for detail in error.errors(include_url=False, include_input=False):
            field, *inside = detail["loc"]
            if field == _HOURS and inside:
                self._error(self._field_of(Weekday(str(inside[0]))), message_of(detail))
            elif field == _HOURS:
                if not self._wrong & _WEEK_FIELDS and not self._goes_unsaid(_HOURS, _DAY_RULE):
                    row, sheet, said = self._draft.row, self._sheet.label, message_of(detail)
                    self._errors.append(Problem(row, None, "Monday to Sunday", "", said, _DAY_RULE, sheet=sheet))
            elif field not in wrong:
                only_counted = self.brief and self._errors and not inside
                said = detail["type"] if only_counted else message_of(detail, self._values.get(str(field)))
                self._error(str(field), said)

    def _field_of(self, day: Weekday) -> str:
        """Where the row has its windows of a day."""
        whole, _, end = DAY_FIELDS[day]
        return next((field for field in (_HOURS, whole) if field in self._draft.values), end)

    def _error(self, field: str, wrong: str, *, right: str = "", fixes: tuple[Fix, ...] = ()) -> None:
        self._wrong.add(field)
        if self._goes_unsaid(field, wrong):
            return
        self._errors.append(self._problem(field, wrong, right=right or BY_FIELD[field].rule, fixes=fixes))

    def _goes_unsaid(self, field: str, wrong: str) -> bool:
        if self.brief:
            self.counted.add((self._sheet.columns.get(field, field), wrong))
        return self.brief and bool(self._errors)

    def _warn(self, field: str, wrong: str, *, changes_meaning: bool = False, fixes: tuple[Fix, ...] = ()) -> None:
        problem = self._problem(field, wrong, fixes=fixes)
        self._warnings[field] = replace(problem, severity=Severity.WARNING, changes_meaning=changes_meaning)

    def _problem(self, field: str, wrong: str, *, right: str = "", fixes: tuple[Fix, ...] = ()) -> Problem:
        column, header = self._sheet.columns.get(field), header_in(self._sheet, field)
        fixes = fixes if fixes and stands_in_its_cell(self._sheet, self._draft, field) else ()
        seen, sheet = self._seen(field), self._sheet.label
        return Problem(self._draft.row, column, header, seen, wrong, right, sheet=sheet, fixes=fixes)

    def _seen(self, field: str) -> str:
        return shown(self._draft.values.get(field))
