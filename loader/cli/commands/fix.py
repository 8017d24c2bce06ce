"""The command that corrects a sheet where that is sure. Nothing is sent."""

from datetime import UTC, datetime
from functools import partial
from typing import IO, TYPE_CHECKING

import typer

from loader.cli.commands.options import (
    AllSheets,
    AsJson,
    Country,
    Encoding,
    Fill,
    Ignore,
    MappingFile,
    Output,
    Profile,
    SheetFile,
    SheetNames,
)
from loader.cli.output.json_output import print_json, problem_shape
from loader.cli.session import defaults_of, renaming_in, say_if_open, sheet_settings
from loader.model.redaction import as_text

if TYPE_CHECKING:
    from pathlib import Path

    from loader.editing.sure_fixes import Change, Fixed


def fix(
    sheet: SheetFile,
    *,
    sheet_names: SheetNames = None,
    all_sheets: AllSheets = False,
    fill: Fill = None,
    mapping: MappingFile = None,
    ignore: Ignore = None,
    country: Country = None,
    encoding: Encoding = None,
    profile: Profile = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Make the corrections that are sure, and write the corrected sheet.

    It is a new file of the same kind; only the corrected cells differ. Sends nothing, and needs no credentials.

    Example: campaign-loader fix april.xlsx
    """
    from loader.config.sheets import choice_of
    from loader.editing.sure_fixes import fixed
    from loader.execution.read_request import checking
    from loader.storage.atomic_files import write_new
    from loader.workbook.reader.read import ReadOptions
    from loader.workbook.reader.reader_process import Readers, content_of
    from loader.workbook.writer.results import corrected_path

    content = content_of(sheet)
    say_if_open(sheet)
    places = sheet_settings(profile, mapping=mapping, country=country, encoding=encoding)
    choice = choice_of(sheet_names, every=all_sheets, setting=places.sheets, ignored=places.ignore_sheets)
    renaming = renaming_in(places.mapping, ignore=ignore, country=places.country)
    options = ReadOptions(None, defaults_of(fill), places.limits, renaming, places.encoding)
    with Readers() as readers:
        read = checking(
            as_text(sheet.name), options, choice, api_version=places.api_version, open_reader=readers.reader
        )
        done = fixed(content, read, encoding=places.encoding)
    written = None
    if (corrected := done.content) is not None:
        path = corrected_path(output or places.output, as_text(sheet.name), datetime.now(UTC))
        written = write_new(path, partial(_write, corrected))
    exit_code = 3 if done.checked.invalid else 0
    if as_json:
        print_json({**fix_shape(done), "corrected": str(written) if written else None, "exit_code": exit_code})
    else:
        _print(done, written)
    raise typer.Exit(exit_code)


def _write(content: bytes, file: IO[bytes]) -> None:
    file.write(content)


def fix_shape(done: "Fixed") -> dict[str, object]:
    sheets = done.sheets
    return {
        "file": sheets[0].file,
        "sheet": sheets[0].title if len(sheets) == 1 else None,
        "sheets": [sheet.title for sheet in sheets],
        "changes": [_change_shape(it) for it in done.made],
        "not_changed": [{**_change_shape(it), "why": it.why_not} for it in done.left],
        "valid": len(done.checked.ready),
        "invalid": len(done.checked.invalid),
        "problems": [problem_shape(problem) for problem in done.checked.problems],
    }


def _change_shape(it: "Change") -> dict[str, object]:
    names = ("sheet", "cell", "row", "column", "header")
    place = problem_shape(it.problem)
    return {**{name: place[name] for name in names}, "before": it.before, "after": it.edit.text}


def _print(done: "Fixed", written: "Path | None") -> None:
    from loader.cli.output.console import OUT, counted, plain, print_item, print_problems, sheets_in_words

    for change in done.made:
        print_item(OUT, f"  [green]corrected[/] {plain(_in_words(change))}")
    for change in done.left:
        print_item(OUT, f"  [yellow]left[/] {plain(_in_words(change))}: the cell {plain(change.why_not)}")
    file = plain(done.sheets[0].file)
    if done.checked.problems:
        OUT.print("These problems are left:" if done.made else "No correction is sure. These are the problems:")
    print_problems(done.checked.problems, rest=f"campaign-loader check {written or done.sheets[0].file} --json")
    cells = f"{counted(len(done.made), 'cell')} corrected" if done.made else "nothing to correct"
    where = f" in {plain(str(written))}" if written else ""
    OUT.print(
        f"{file}, {plain(sheets_in_words([it.title for it in done.sheets]))}: {cells}{where}; "
        f"{len(done.checked.ready)} valid, {len(done.checked.invalid)} invalid"
    )


def _in_words(change: "Change") -> str:
    """ "F2 Timezone: 'asia/kolkata' -> 'Asia/Kolkata'"."""
    place = " ".join(filter(None, (change.problem.place, change.problem.header)))
    return f"{place}: '{change.before}' -> '{change.edit.text}'"
