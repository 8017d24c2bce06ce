"""What the account has against a row, as problems of its cells: a name that exists, and what the journal has kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.model.row import Problem, Severity, Status, shown
from loader.planning.validate import header_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from loader.model.row import At, Outcome, Sheet

_RIGHT = "; right: "


def names_there(outcomes: Iterable[Outcome], sheets: Iterable[Sheet]) -> Iterator[Problem]:
    """A warning at each name that a campaign has which was not created from its row, as the row is now."""
    labelled = {sheet.label: sheet for sheet in sheets}
    for outcome in outcomes:
        if outcome.status in (Status.ALREADY_EXISTS, Status.CONFLICT):
            sheet, (wrong, right) = labelled[outcome.sheet], _why_there(outcome)
            yield Problem(
                outcome.row,
                sheet.columns.get("name"),
                header_in(sheet, "name"),
                outcome.name,
                wrong,
                right,
                severity=Severity.WARNING,
                sheet=outcome.sheet,
            )


def _why_there(outcome: Outcome) -> tuple[str, str]:
    """What is wrong and what would be right; a row in conflict says both in its message."""
    if outcome.status is Status.CONFLICT:
        return f"was {outcome.message.removeprefix('was ')}", ""
    return (
        "is the name of a campaign that was on the server before this row was ever sent",
        "another name, or no row for it if that campaign is the one that is meant",
    )


def said_by_the_server(outcomes: Iterable[Outcome], known: Collection[At], sheets: Iterable[Sheet]) -> list[Problem]:
    """What made rows invalid that the sheet alone does not; the journal has kept the sentences only.

    `known`: rows that are invalid by the sheet.
    """
    labelled = {sheet.label: sheet for sheet in sheets}
    values = {(sheet.label, draft.row): draft.values for sheet in labelled.values() for draft in sheet.drafts}
    rows = [it for it in outcomes if it.status is Status.INVALID and it.at not in known]
    return [
        _placed(
            line, it.row, labelled[it.sheet], {field: shown(value) for field, value in values.get(it.at, {}).items()}
        )
        for it in rows
        for line in it.message.splitlines()
    ]


def _placed(line: str, row: int, sheet: Sheet, seen: dict[str, str]) -> Problem:
    """The problem that has this sentence, with its cell if it is about one of the row."""
    for field, text in seen.items():
        column, header = sheet.columns.get(field), header_in(sheet, field)
        beginning = Problem(row, column, header, text, "", sheet=sheet.label).sentence()
        if line.startswith(beginning):
            wrong, _, right = line[len(beginning) :].strip().partition(_RIGHT)
            return Problem(row, column, header, text, wrong, right, sheet=sheet.label)
    return Problem(row, None, "", "", line, sheet=sheet.label)
