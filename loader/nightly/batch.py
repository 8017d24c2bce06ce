"""The night: every new workbook of a folder, once each, with nobody watching.

Files of one account go one after the other, those of different accounts side by side. Whatever becomes of one, the next
one has its turn.
"""

from __future__ import annotations

import asyncio
import traceback
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from loader.api.retry import no_answer
from loader.config.settings import profile_names, read_places
from loader.config.sheets import choice_of
from loader.errors import (
    CanaryError,
    LoaderError,
    NotOpenedError,
    NotSentError,
    OutputError,
    StopError,
    UnansweredError,
    WorkbookError,
)
from loader.execution.accounts import Account, Accounts
from loader.execution.connection import Stop
from loader.execution.run import LoadRun
from loader.execution.send_request import Callbacks
from loader.execution.turn import Turns
from loader.model.events import Event
from loader.model.redaction import as_text
from loader.nightly.done_folder import differences
from loader.nightly.inbox import DONE, FAILED, Clock, Readiness, look_into, no_folder
from loader.nightly.night_files import NightFiles
from loader.nightly.night_report import FileReport, Night, first_in_table
from loader.nightly.pruning import prune_journals
from loader.nightly.put_away import place_of, put_away, report_of
from loader.nightly.work import counting, work_of
from loader.planning.request import LoadRequest
from loader.storage.locks import only_night
from loader.workbook.reader.reader_process import Readers, content_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from loader.model.records import Account as Identity
    from loader.model.row import Check
    from loader.model.sheet_choice import SheetChoice
    from loader.nightly.inbox import Workbook

    Lanes = Mapping[str, Sequence[tuple[Workbook, Account]]]

_CLOCK_READ_SECONDS = 5.0
_ASIDE = 8  # threads
_DEFECT = "this is a defect of the loader; the journal is still right"


@dataclass(frozen=True, slots=True)
class NightCallbacks:
    """Where events go: of a run under way, of a workbook that came to its end, of a defect with its traceback, and of
    anything else that went wrong; and of whom it waits for.
    """

    listener: Callable[[Workbook], Callable[[Event], None]] = lambda _: lambda _: None
    on_file: Callable[[FileReport], None] = lambda _: None
    on_defect: Callable[[Workbook, str], None] = lambda _, __: None
    on_trouble: Callable[[str], None] = lambda _: None
    on_wait: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be loaded. `profile`: whose settings are those of the folder itself. `deadline`: no request leaves
    after it. `expected`: that there is nothing to do has an exit code. `metrics`: the file they go to.
    `sheets`: those to load, before what the settings say, and `all_sheets`: all that have campaigns. `chosen`: settings
    that win over those of every profile; `defaults` and `skip` as of LoadRequest. `ready_marker`: a file beside each
    workbook must say that it is whole. `wait`: so long for other nights and runs, all in all. `status`: a copy of
    `nightly.json` that anybody may read.
    """

    folder: Path
    profile: str | None = None
    deadline: datetime | None = None
    too_late: str = ""
    """Why no workbook may be begun at all; blank where they may."""
    expected: bool = False
    metrics: Path | None = None
    sheets: Sequence[str] | None = None
    all_sheets: bool = False
    chosen: Mapping[str, object] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    skip: Collection[Check] = ()
    ready_marker: bool = False
    wait: timedelta = timedelta(0)
    status: Path | None = None


class Nightly:
    """One night."""

    def __init__(self, wanted: Wanted, callbacks: NightCallbacks = NightCallbacks(), clock: Clock = Clock()) -> None:  # noqa: B008 - frozen
        self._wanted, self._callbacks, self._clock = wanted, callbacks, clock
        self._stopped, self._stop_code = wanted.too_late, 0
        self._stops: set[Stop] = set()
        self._refused: dict[str | Identity | None, LoaderError] = {}  # a profile, or an account
        self._reports: list[FileReport] = []
        self._readers = Readers()
        self._files = NightFiles(wanted.status, wanted.metrics, callbacks.on_trouble)
        self._holds_folder: bool | None = None  # None: that was not tried yet
        self._turns = Turns(wanted.wait.total_seconds(), callbacks.on_wait, self._waits_no_longer, clock.sleep)

    def stop(self, why: str, exit_code: int = 0) -> None:
        """Let no further request leave; what is in flight is handled to its end, and the rest stays for next time."""
        self._stopped, self._stop_code = self._stopped or why, self._stop_code or exit_code
        for one in self._stops:
            one.ask(why)

    def _waits_no_longer(self) -> bool:
        deadline = self._wanted.deadline
        return bool(self._stopped) or (deadline is not None and self._clock.now() >= deadline)

    async def carry_out(self) -> Night:
        """Load what is there, and say in `nightly.json` what came of it.

        Raises:
            SettingsError: there is no such folder, or `loader.toml` cannot be read.
            AccountBusyError: another night is running on the folder, or on a journal.
            OutputError: nothing can be written where the results go.
        """
        started = self._clock.now()
        try:
            return await self._carried_out(started)
        except Exception as error:
            code, why = (error.exit_code, str(error)) if isinstance(error, LoaderError) else (70, _DEFECT)
            if self._holds_folder is not False:  # else what is written is that of the night that is at work there
                self._files.not_begun(self._night(started, self._stop_code or code, why))
            raise

    async def _carried_out(self, started: datetime) -> Night:
        places = read_places(self._wanted.profile)
        self._files.lie_in(places.output)
        readiness = Readiness(places.quiet_seconds, self._wanted.ready_marker)
        with ExitStack() as held:
            held.enter_context(self._readers)
            await self._turns.take(lambda: self._hold(held))
            profiles = profile_names()
            ready, left = await look_into(
                self._wanted.folder, profiles, self._clock, profile=self._wanted.profile, readiness=readiness
            )
            lanes = await self._lanes(ready, Accounts(held, self._wanted.chosen))
            whose = self._wanted.folder, self._wanted.profile
            self._files.begun(held, started, whose, idle=not (ready or left))
            for report in left:
                self._end(report)
            await self._load_all(lanes)
            accounts = [account for lane in lanes.values() for _, account in lane]
            await asyncio.to_thread(prune_journals, accounts, self._clock.now(), self._callbacks.on_trouble)
            await self._look_at_done(profiles)
            return self._files.ended(self._night(started, self._exit_code()))

    def _night(self, started: datetime, exit_code: int, error: str = "") -> Night:
        wanted, ended = self._wanted, self._clock.now()
        return Night(
            started, ended, exit_code, self._reports, wanted.expected, wanted.folder, wanted.profile, error=error
        )

    def _hold(self, held: ExitStack) -> None:
        if not self._wanted.folder.is_dir():
            raise no_folder(self._wanted.folder)
        self._holds_folder = False
        held.enter_context(only_night(self._wanted.folder / ".nightly.lock", f"the folder {self._wanted.folder}"))
        self._holds_folder = True

    async def _lanes(
        self, ready: Iterable[Workbook], accounts: Accounts
    ) -> Mapping[str, Sequence[tuple[Workbook, Account]]]:
        """What is to be done for each account, in order. What is wrong with a profile is said of its workbooks."""
        lanes: dict[str, list[tuple[Workbook, Account]]] = defaultdict(list)
        for workbook in ready:
            account = await self._turns.take(partial(accounts.of, workbook.profile))
            if isinstance(account, Account):
                lanes[str(account.settings.account)].append((workbook, account))
            else:
                self._end(workbook.left(str(account), account.exit_code))
        return lanes

    async def _load_all(self, lanes: Lanes) -> None:
        # each may wait for its turn to read, and what others do aside, such as looking up an address, has a thread left
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(len(lanes) + _ASIDE))
        keeping = asyncio.create_task(self._keep_to_deadline())
        async with asyncio.TaskGroup() as tasks:
            for lane in lanes.values():
                tasks.create_task(self._load_lane(lane))
        keeping.cancel()

    async def _keep_to_deadline(self) -> None:
        if self._wanted.deadline is None:
            return
        # the machine's clock counts, also when it is set or the machine has slept
        while (left := (self._wanted.deadline - self._clock.now()).total_seconds()) > 0:
            await self._clock.sleep(min(left, _CLOCK_READ_SECONDS))
        self.stop("the deadline has come")

    async def _load_lane(self, lane: Sequence[tuple[Workbook, Account]]) -> None:
        for workbook, account in lane:
            try:
                report = await self._load(workbook, account)
            except Exception:  # noqa: BLE001 - a defect in one workbook is no reason not to load the next
                self._callbacks.on_defect(workbook, traceback.format_exc())
                report = workbook.left(_DEFECT, 70)
            work = replace(report.work, account=str(account.settings.account))
            self._end(replace(report, work=work))

    async def _load(self, workbook: Workbook, account: Account) -> FileReport:
        if left := self._not_begun(workbook, account):
            return left
        stop = Stop()
        self._stops.add(stop)
        content = None
        try:
            content = await asyncio.to_thread(content_of, workbook.path)
            load_request = _request_of(self._wanted, workbook, content, account)
            waits, began = list[Event](), datetime.now(UTC)
            callbacks = Callbacks(counting(self._callbacks.listener(workbook), waits), reading=self._readers.reader)
            load_run = LoadRun(load_request, account.settings, account.journal, callbacks, stop)
            report = await load_run.load(known=account.known, turns=self._turns)
        except NotOpenedError as error:
            return workbook.left(str(error), 2 if workbook.path.exists() else 4)
        except WorkbookError as error:
            file_report = FileReport(workbook.path, workbook.profile, exit_code=error.exit_code, error=str(error))
            return await asyncio.to_thread(put_away, file_report, content, FAILED, workbook.marker)
        except LoaderError as error:
            return workbook.left(str(error), error.exit_code)
        finally:
            self._stops.discard(stop)
        if isinstance(report.halted, StopError | CanaryError):  # and so would be every other workbook
            self._refused[workbook.profile] = report.halted
        if isinstance(report.halted, NotSentError | UnansweredError) and no_answer(report.halted):
            self._refused[account.settings.account] = report.halted  # one patience for all of them
        file_report, place = report_of(workbook, report, work_of(report, began, len(waits))), place_of(report)
        return await asyncio.to_thread(put_away, file_report, content, place, workbook.marker)

    def _not_begun(self, workbook: Workbook, account: Account) -> FileReport | None:
        if self._stopped:
            return workbook.left(f"not begun: {self._stopped}")
        if refused := self._refused.get(workbook.profile) or self._refused.get(account.settings.account):
            return workbook.left(f"not begun: {str(refused).removeprefix('not sent: ')}", refused.exit_code)
        why = workbook.why_not(self._clock.now())
        return workbook.left(why) if why else None

    async def _look_at_done(self, profiles: Iterable[str]) -> None:
        """A workbook whose writer had paused may go on to grow where it was moved to, tonight or later."""
        folder = self._wanted.folder
        for inner, profile in ((folder, self._wanted.profile), *((folder / name, name) for name in profiles)):
            try:
                found = await asyncio.to_thread(differences, inner, profile)
            except OutputError as error:
                found = [FileReport(inner / DONE, profile, exit_code=error.exit_code, error=str(error), in_done=True)]
            for report in found:
                self._end(report)

    def _end(self, report: FileReport) -> None:
        self._reports.append(report)
        self._callbacks.on_file(report)

    def _exit_code(self) -> int:
        came = any(not report.in_done for report in self._reports)
        nothing = [4] if self._wanted.expected and not came else []
        return first_in_table([self._stop_code, *nothing, *(report.exit_code for report in self._reports)])


def _request_of(wanted: Wanted, workbook: Workbook, content: bytes, account: Account) -> LoadRequest:
    return LoadRequest(
        as_text(workbook.path.name),
        content,
        _sheets_of(wanted, account),
        wanted.defaults,
        renaming=account.renaming,
        skip=wanted.skip,
    ).unguessed(account.settings.encoding)


def _sheets_of(wanted: Wanted, account: Account) -> SheetChoice:
    settings = account.settings
    return choice_of(
        wanted.sheets,
        every=wanted.all_sheets,
        setting=settings.sheets,
        ignored=settings.ignore_sheets,
        unattended=True,
    )
