"""Commands about a sheet: nothing is sent."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loader.cli.commands.options import (
    AllSheets,
    AsJson,
    Country,
    Encoding,
    Fill,
    Ignore,
    MappingFile,
    Profile,
    SheetFile,
    SheetNames,
)
from loader.cli.output.json_output import print_json, problem_shape
from loader.cli.session import choices_of, defaults_of, renaming_in, say_if_open, sheet_settings
from loader.model.redaction import in_a_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loader.model.row import Sheet
    from loader.planning.checked import Checked
    from loader.workbook.writer.results import Written


def template(
    path: Annotated[Path, typer.Argument(metavar="[PATH]", help="The file to write; an existing one is kept.")] = Path(
        "campaigns.xlsx"
    ),
    *,
    live: Annotated[
        bool, typer.Option("--live", help="Fill the drop-downs of contact lists and queues from the account.")
    ] = False,
    profile: Profile = None,
) -> None:
    """Write an empty workbook to fill.

    It has drop-downs, notes, instructions, and example rows that are never loaded. Only --live needs credentials.

    Example: campaign-loader template april.xlsx
    """
    from loader.workbook.writer.template import NO_CHOICES, write_template

    written = write_template(path, choices_of(profile) if live else NO_CHOICES)
    typer.echo(in_a_line(f"Wrote {written}; fill it, then: campaign-loader check {written}"))


def check(
    sheet: SheetFile,
    *,
    sheet_names: SheetNames = None,
    all_sheets: AllSheets = False,
    fill: Fill = None,
    mapping: MappingFile = None,
    ignore: Ignore = None,
    country: Country = None,
    encoding: Encoding = None,
    draft_mapping: Annotated[
        Path | None,
        typer.Option("--draft-mapping", metavar="FILE", help="Write a first draft of a mapping for unknown headers."),
    ] = None,
    profile: Profile = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the sheet with its problems marked.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show every mistake in every cell, at once.

    Sends nothing, and needs no credentials.

    Example: campaign-loader check april.xlsx --set "Timezone=Europe/London"
    """
    from loader.config.sheets import choice_of
    from loader.workbook.reader.reader_process import ReaderProcess, content_of

    content = content_of(sheet)
    say_if_open(sheet)
    with ReaderProcess() as reader:
        places = sheet_settings(profile, mapping=mapping, country=country, encoding=encoding)
        choice = choice_of(sheet_names, every=all_sheets, setting=places.sheets, ignored=places.ignore_sheets)
        reader.hand_in(content, sheet.name, choice=choice, limits=places.limits, encoding=places.encoding)
        # while the workbook is being read
        from loader.cli.output.console import OUT, counted, plain, print_problems, sheets_in_words
        from loader.cli.output.mapping_offer import draft_for, offering
        from loader.execution.read_request import check_sheet
        from loader.workbook.reader.read import ReadOptions

        renaming = renaming_in(places.mapping, ignore=ignore, country=places.country)
        with offering(sheet, draft_mapping, renaming):
            options = ReadOptions(defaults=defaults_of(fill), renaming=renaming)
            read, checked = check_sheet(reader, sheet.name, options, choice=choice, api_version=places.api_version)
    draft_for(read[0], draft_mapping, renaming)
    written = _marked(output, content, read, checked) if output else None
    if written and written.remark:
        _say(written.remark)
    exit_code = 3 if checked.invalid else 0
    if as_json:
        print_json({**_shape(read, checked), "results": str(written.path) if written else None, "exit_code": exit_code})
    else:
        print_problems(checked.problems, rest=str(written.path) if written else "--output FILE, or --json")
        if sure := sum(any(fix.sure for fix in problem.fixes) for problem in checked.problems):
            made = f"campaign-loader fix {plain(str(sheet))}"
            OUT.print(
                f"{counted(sure, 'correction')} {'is' if sure == 1 else 'are'} sure: {made} writes a corrected copy"
            )
        where = f"; marked in {written.path}" if written else ""
        titles = sheets_in_words([it.title for it in read])
        OUT.print(
            f"{plain(sheet.name)}, {plain(titles)}: {len(checked.ready)} valid, "
            f"{len(checked.invalid)} invalid{plain(where)}"
        )
    raise typer.Exit(exit_code)


def _say(remark: str) -> None:
    from loader.cli.output.console import ERRORS, plain, print_item

    print_item(ERRORS, f"campaign-loader: {plain(remark)}")


def _shape(sheets: "Sequence[Sheet]", checked: "Checked") -> dict[str, object]:
    return {
        "file": sheets[0].file,
        "sheet": sheets[0].title if len(sheets) == 1 else None,
        "sheets": [sheet.title for sheet in sheets],
        "valid": len(checked.ready),
        "invalid": len(checked.invalid),
        "problems": [problem_shape(problem) for problem in checked.problems],
    }


def _marked(path: Path, content: bytes, sheets: "Sequence[Sheet]", checked: "Checked") -> "Written":
    # openpyxl costs as much as reading a small sheet: only who asks for a workbook waits for it
    from loader.execution.report import write_check

    return write_check(path, content, sheets, checked)
