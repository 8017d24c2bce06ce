"""What commands share: how work is carried out under somebody's eyes, and how a run is picked.

Heavy libraries are imported where they are used.
"""

from __future__ import annotations

import os
import sys
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

import typer

from loader.cli.output.log_level import LogOptions
from loader.errors import SettingsError
from loader.model.redaction import in_a_line

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence

    from loader.cli.output.json_log import Logs
    from loader.config.settings import Places, Settings
    from loader.execution.connection import Stop
    from loader.execution.report import Report
    from loader.execution.send_request import Callbacks
    from loader.model.events import Event, SendForecast
    from loader.model.limits import Limits
    from loader.model.records import Run
    from loader.planning.validate import ApiVersion
    from loader.storage.journal import Journal
    from loader.workbook.mapping import Renaming
    from loader.workbook.writer.template import Choices


class Ended(Protocol):
    """How something ended."""

    @property
    def exit_code(self) -> int: ...


F = TypeVar("F")
R = TypeVar("R", bound=Ended)


def carry_out(
    work: Callable[[Callbacks, Stop], Coroutine[object, object, Report]],
    *,
    as_json: bool,
    log: LogOptions = LogOptions(),  # noqa: B008 - frozen
    ask_for: tuple[str, str] | None = None,
    agrees: bool | None = None,
) -> None:
    """Carry out a run and report how it ended; ends the process.

    `ask_for`: the file and the account to ask about before the first create; None where nobody is to be asked.
    `agrees`: whether what only a person can know of unknown rows is so; False: ask, None: nobody says anything of them.

    Raises:
        SettingsError: somebody is to be asked, and there is no terminal.
    """
    from loader.cli.output.console import print_report
    from loader.cli.output.json_output import print_json, report_shape
    from loader.cli.output.request_log import log_requests
    from loader.execution.send_request import Callbacks

    asked = _asking(ask_for) if ask_for is not None or agrees is False else None

    def working(
        on_event: Callable[[Event], None], confirm: Callable[[SendForecast | str], bool], stop: Stop
    ) -> Coroutine[object, object, Report]:
        callbacks = Callbacks(on_event, confirm)
        return work(callbacks if agrees is None else replace(callbacks, agree=confirm), stop)

    logs = _logs() if log.as_json else None
    log_requests(log.level, as_json=log.as_json)
    report, exit_code = overseen(working, asked, logs)
    if logs:
        logs.ended(report, exit_code=exit_code)
    if as_json:
        print_json(report_shape(report, exit_code=exit_code))
    else:
        print_report(report)
    raise typer.Exit(exit_code)


def _asking(ask_for: tuple[str, str] | None) -> Callable[[SendForecast | str], bool]:
    """Asks before the first create, and in words what only a person can know."""
    from loader.cli.output.question import agree, ask

    if ask_for is not None:
        must_be_able_to_ask("this creates campaigns", "create")
    else:
        must_be_able_to_ask("this takes your word for which campaigns are the rows' own", "adopt")

    def asked(what: SendForecast | str) -> bool:
        if isinstance(what, str):
            return agree(what)
        return ask_for is None or ask(what, file=ask_for[0], account=ask_for[1])

    return asked


def must_be_able_to_ask(why: str, verb: str) -> None:
    """Only where a person sees the question, and can answer it.

    Raises:
        SettingsError: there is no terminal; it says what to give instead.
    """
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        raise SettingsError(f"{why}, and there is no terminal to ask at: give --yes to {verb} them")


def overseen(
    work: Callable[[Callable[[Event], None], Callable[[F], bool], Stop], Coroutine[object, object, R]],
    asked: Callable[[F], bool] | None,
    logs: Logs | None = None,
) -> tuple[R, int]:
    """Work under the eyes of a person, or of a log, with signals that stop it in good order.

    Returns its report and the exit code.
    """
    import asyncio

    from loader.cli.output.progress_bar import ProgressBar
    from loader.cli.signals import Interrupts
    from loader.execution.connection import Stop

    progress, stop = logs or ProgressBar(), Stop()
    interrupts = Interrupts(stop.ask)

    def confirm(forecast: F) -> bool:
        if asked is None:
            return True
        with progress.silent(), interrupts.at_once():
            return asked(forecast)
        return False

    async def working() -> R:
        with interrupts.heeded():
            return await work(progress.receive, confirm, stop)

    with progress.watching():
        report = asyncio.run(working())
    return report, interrupts.exit_code or report.exit_code


def _logs() -> Logs:
    from loader.cli.output.json_log import Logs

    return Logs()


def choices_of(profile: str | None) -> Choices:
    """What the account has to choose from; what could not be read is said."""
    import asyncio

    from loader.cli.output.console import ERRORS, plain, print_item
    from loader.cli.output.progress_bar import ProgressBar
    from loader.config.settings import read_settings
    from loader.execution.account_resources import read_inventory
    from loader.model.events import Phase
    from loader.workbook.writer.template import Choices

    settings, progress = read_settings(profile), ProgressBar()
    with journal_at(settings) as journal, progress.watching():
        progress.receive(Phase("reading contact lists and queues"))
        read = asyncio.run(read_inventory(settings, journal, on_wait=progress.receive))
    for sentence in read.unread:
        print_item(ERRORS, f"campaign-loader: {plain(sentence)}")
    lists = read.contact_lists or ()
    remarks = {it.name: ", ".join(filter(None, (it.status, _records(it.records)))) for it in lists}
    return Choices(dict(sorted(remarks.items())), sorted(read.queues or ()))


def _records(number: int | None) -> str:
    return "" if number is None else f"{number:,} record{'' if number == 1 else 's'}"


@contextmanager
def journal_at(places: Places) -> Iterator[Journal]:
    from loader.storage.journal import open_journal

    with closing(open_journal(places.journal)) as journal:
        yield journal


class SheetSettings(NamedTuple):
    """How large a sheet may be, the file with its mapping, API version, country, encoding and sheets; the output."""

    limits: Limits
    mapping: Path | None
    api_version: ApiVersion
    country: str | None
    encoding: str | None
    sheets: str | None = None
    ignore_sheets: str | None = None
    output: Path = Path("output")


def sheet_settings(
    profile: str | None, *, mapping: Path | None, country: str | None, encoding: str | None
) -> SheetSettings:
    """`mapping`, `country`, `encoding`: those of the command line.

    Where nothing can be set, nothing is looked up: that costs as much as a thousand rows.
    """
    from loader.model.limits import Limits

    if profile or encoding or Path(".env").exists() or any(map(_sets_something, os.environ)):
        from loader.config.settings import read_places

        places = read_places(profile, mapping=mapping, country=country, encoding=encoding)
        return SheetSettings(*(getattr(places, name) for name in SheetSettings._fields))
    return SheetSettings(Limits(), mapping, "v1", country, encoding)


def _sets_something(name: str) -> bool:
    """Settings may be spelled in any letters."""
    return name.upper().startswith(("LOADER_", "KORE_API"))


def renaming_in(mapping: Path | None, *, ignore: Sequence[str] | None = None, country: str | None = None) -> Renaming:
    """What a mapping says, and what the command line and the settings say beside it."""
    from loader.workbook.mapping import NOTHING_RENAMED, dialled_in, ignoring, read_mapping

    renaming = read_mapping(mapping) if mapping else NOTHING_RENAMED
    return dialled_in(ignoring(renaming, ignore or ()), country)


def say_if_open(sheet: Path, *, quiet: bool = False) -> None:
    """Somebody may be working on it, and have saved less than they see."""
    from loader.workbook.reader.lock_files import what_open_means

    if not quiet and (said := what_open_means(sheet)):
        typer.echo(in_a_line(f"campaign-loader: {said}"), err=True)


def defaults_of(fill: Sequence[str] | None) -> dict[str, str]:
    defaults = {}
    for text in fill or ():
        header, equals, value = text.partition("=")
        if not equals:
            raise SettingsError(f"--set '{text}': should be HEADER=VALUE, such as \"Timezone=Europe/London\"")
        defaults[header.strip()] = value.strip()
    return defaults


def chosen(journal: Journal, text: str | None, settings: Settings, *, wanted: Callable[[Run], bool], what: str) -> Run:
    """The run asked for, or the last of this application that fits."""
    from loader.planning.request import has_unknown

    known = [one for one in journal.runs() if one.application == settings.application]
    if text is not None:
        return find(known, text)
    for one in known:
        if wanted(one):
            return one
    doubtful = next(filter(has_unknown, known), None)
    lead = f"; to look up what is unknown: campaign-loader reconcile {doubtful.id}" if doubtful else ""
    raise SettingsError(f"the journal has no run with {what} in application {settings.application}{lead}")


def latest_or(known: Sequence[Run], text: str | None) -> Run:
    """The run asked for, or the last one."""
    if text is not None:
        return find(known, text)
    if not known:
        raise SettingsError("the journal has no run yet")
    return known[0]


def find(known: Sequence[Run], text: str) -> Run:
    found = [one for one in known if one.id.startswith(text)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise SettingsError(f"the journal has no run '{text}'; `campaign-loader runs` lists them")
    raise SettingsError(f"'{text}' fits {len(found)} runs: {', '.join(one.id for one in found[:5])}")
