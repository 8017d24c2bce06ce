"""Real workbooks, a real journal, a real server on loopback; whatever leaves loopback or tmp_path fails its test."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, closing, nullcontext
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol

import hypothesis
import pytest

import loader.api.rate_limiter
from loader.cli.main import main as program_main
from loader.config.settings import Settings, read_settings
from loader.execution.run import LoadRun
from loader.execution.send_request import Callbacks
from loader.model.row import Check
from loader.planning.plan import RunOptions
from loader.planning.request import LoadRequest
from loader.sandbox.server import Sandbox, serving
from loader.sandbox.settings import DEMO_ACCOUNT_ID, DEMO_APP_ID, DEMO_CLIENT_ID, KnownList, SandboxSettings
from loader.storage.journal import Journal, open_journal
from loader.workbook.reader.reader_process import content_of
from tests.forked import ForkServer
from tests.guarded import sitecustomize as guard
from tests.hurried import PAUSES
from tests.kept_readers import KeptReaders
from tests.program import GUARDED_PATH, Finished, Program
from tests.secrets_sought import SECRET, seen_in, spilled
from tests.sheets import CONTACT_LISTS, Row, row, write_workbook

if TYPE_CHECKING:
    from loader.execution.connection import Stop
    from loader.execution.report import Report
    from loader.model.records import Run
    from loader.sandbox.faults import Rule

_LONGEST_RUN_SECONDS = 30
OF_THE_ACCOUNT = frozenset({Check.CONTACT_LISTS, Check.QUEUES})

# how soon an example is made or tried tells of the machine that has other work, not of the code
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")

_WORKERS = 4  # tests wait more than they work

for name in [name for name in os.environ if name.startswith(("KORE_", "LOADER_"))]:
    del os.environ[name]


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Several for folders of tests. A few modules are done before workers have started, and those print nothing."""
    folders = any(Path(argument.split("::")[0]).is_dir() for argument in config.args)
    return _WORKERS if folders and config.getoption("capture") != "no" else 0


@pytest.fixture(scope="session", autouse=True)
def _guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.getbasetemp()
    temporary = folder / "temporary"
    temporary.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))
        patch.setattr(tempfile, "tempdir", str(temporary))
        patch.setenv("GUARDED_FOLDER", str(folder))
        patch.setenv("PYTHONPATH", GUARDED_PATH)
        patch.setattr(guard, "FOLDER", str(folder))
        sys.addaudithook(guard.watch)
        yield


@pytest.fixture(autouse=True)
def _stays_at_home() -> Iterator[None]:
    yield
    broken, guard.BROKEN[:] = list(guard.BROKEN), []
    assert broken == []


@pytest.fixture(scope="session")
def kept_readers(_guarded: None) -> Iterator[KeptReaders]:
    kept = KeptReaders()
    yield kept
    kept.close()


@pytest.fixture(autouse=True)
def _reads_with_a_kept_reader(request: pytest.FixtureRequest, kept_readers: KeptReaders) -> Iterator[None]:
    with nullcontext() if request.node.get_closest_marker("own_reader") else kept_readers.running():
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Path]:
    """The working directory of a test; no secret is left in it, or in a log."""
    monkeypatch.chdir(tmp_path)
    caplog.set_level("DEBUG")
    yield tmp_path
    assert spilled(tmp_path) == []
    assert seen_in(caplog.text) == []


@pytest.fixture
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses made where a server asks for none in particular are short."""
    for name, seconds in PAUSES.items():
        monkeypatch.setattr(loader.api.rate_limiter, name, seconds)


class MakeWorkbook(Protocol):
    def __call__(self, rows: Sequence[Row | str], file: str = ..., title: str = ...) -> Path: ...


@pytest.fixture
def make_workbook(folder: Path) -> MakeWorkbook:
    """Write a real workbook; a name alone stands for a good row."""

    def made(rows: Sequence[Row | str], file: str = "campaigns.xlsx", title: str = "Campaigns") -> Path:
        return write_workbook(folder / file, [row(it) if isinstance(it, str) else it for it in rows], title)

    return made


MakeSettings = Callable[..., Settings]


@pytest.fixture
def make_settings(folder: Path) -> MakeSettings:
    """Settings for the account of the sandbox at a host: fast, with a short settle time."""

    def made(host: str = "http://127.0.0.1:9", **changes: object) -> Settings:
        usual: dict[str, Any] = {
            "host": host,
            "app_id": DEMO_APP_ID,
            "account_id": DEMO_ACCOUNT_ID,
            "client_id": DEMO_CLIENT_ID,
            "client_secret": SECRET,
            "rate_per_minute": 60_000,
            "concurrency": 4,
            "timeout_seconds": 10,
            "settle_seconds": 0.2,
            "verify_seconds": 0,
            "output": folder / "output",
            "journal": f"sqlite:///{folder}/journal.db",
        }
        return read_settings(**(usual | changes))

    return made


@pytest.fixture
def journal(folder: Path) -> Iterator[Journal]:
    """The journal that `make_settings` names."""
    with closing(open_journal(f"sqlite:///{folder}/journal.db")) as opened:
        yield opened


def sandbox(*rules: Rule, **settings: Any) -> AbstractAsyncContextManager[Sandbox]:  # noqa: ANN401 - SandboxSettings'
    usual: dict[str, Any] = {
        "client_secret": SECRET,
        "rate_per_minute": 0,
        "contact_lists": tuple(map(KnownList, CONTACT_LISTS)),
    }
    return serving(SandboxSettings(**{**usual, "fault_rules": rules, **settings}))


Serve = Callable[..., Any]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a sandbox with these faults and settings, without a rate limit; it ends with the test."""
    async with AsyncExitStack() as stack:

        async def started(*rules: Rule, **settings: Any) -> Sandbox:  # noqa: ANN401 - SandboxSettings'
            return await stack.enter_async_context(sandbox(*rules, **settings))

        yield started


@pytest.fixture
def serve_aside() -> Iterator[Callable[..., Sandbox]]:
    """The same in a thread of its own, for a program that runs in this one."""
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    thread = Thread(target=loop.run_forever)
    thread.start()

    def started(*rules: Rule, **settings: Any) -> Sandbox:  # noqa: ANN401 - SandboxSettings'
        starting = stack.enter_async_context(sandbox(*rules, **settings))
        return asyncio.run_coroutine_threadsafe(starting, loop).result(timeout=30)

    yield started
    asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(timeout=30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


class Main(Protocol):
    def __call__(self, *arguments: object, host: str = ..., **environment: str) -> Finished: ...


@pytest.fixture
def main(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], _hurried: None) -> Main:
    """The program's own main, in this process: quicker than a process, and good for all but signals and kills."""

    def started(*arguments: object, host: str = "http://127.0.0.1:9", **environment: str) -> Finished:
        with monkeypatch.context() as patch:
            patch.setattr("sys.argv", ["campaign-loader", *map(str, arguments)])
            for name, value in {**account_at(host), **environment}.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                program_main()
        said = capsys.readouterr()
        assert folder.exists()
        assert seen_in(said.out + said.err) == []
        assert isinstance(ended.value.code, int)
        return Finished(ended.value.code, said.out, said.err)

    return started


def account_at(host: str) -> dict[str, str]:
    """The account of the sandbox in the words of the environment; fast, with a short settle time."""
    return {
        "KORE_HOST": host,
        "KORE_APP_ID": DEMO_APP_ID,
        "KORE_ACCOUNT_ID": DEMO_ACCOUNT_ID,
        "KORE_CLIENT_ID": DEMO_CLIENT_ID,
        "KORE_CLIENT_SECRET": SECRET,
        "LOADER_RATE_PER_MINUTE": "60000",
        "LOADER_TIMEOUT_SECONDS": "10",
        "LOADER_SETTLE_SECONDS": "0.3",
        "LOADER_VERIFY_SECONDS": "0",
    }


class Load(Protocol):
    async def __call__(
        self,
        sheet: Path,
        host: str,
        *,
        run_options: RunOptions = ...,
        options: dict[str, Any] = ...,
        callbacks: Callbacks = ...,
        stop: Stop | None = ...,
        run: Run | None = ...,
        reconcile: bool = ...,
        **settings: object,
    ) -> Report: ...


@pytest.fixture
def load(make_settings: MakeSettings, _hurried: None) -> Load:
    """Carry out a whole load run with a journal opened for it alone, as a process would.

    Contact lists and queues are not looked up, unless `options` has another `skip`.
    """

    async def loaded(
        sheet: Path,
        host: str,
        *,
        run_options: RunOptions = RunOptions(),  # noqa: B008 - frozen
        options: dict[str, Any] = {},  # noqa: B006 - of Order; never changed
        callbacks: Callbacks = Callbacks(),  # noqa: B008 - frozen
        stop: Stop | None = None,
        run: Run | None = None,
        reconcile: bool = False,
        **settings: object,
    ) -> Report:
        chosen = make_settings(host, **settings)
        load_request = LoadRequest(
            sheet.name, content_of(sheet), run_options=run_options, **{"skip": OF_THE_ACCOUNT, **options}
        )
        with closing(open_journal(chosen.journal)) as journal:
            load_run = LoadRun(load_request, chosen, journal, callbacks, stop)
            async with asyncio.timeout(_LONGEST_RUN_SECONDS):
                if reconcile:
                    return await load_run.reconcile(run or journal.runs()[0])
                return await load_run.load(run)

    return loaded


@pytest.fixture(scope="session")
def fork_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """Starts the program without its imports; one for all tests."""
    folder = str(tmp_path_factory.getbasetemp())
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": GUARDED_PATH, "GUARDED_FOLDER": folder}
    server = ForkServer(tmp_path_factory.getbasetemp() / "forks", environment)
    yield server
    server.close()


@pytest.fixture
async def program(folder: Path, fork_server: ForkServer) -> AsyncIterator[Callable[..., Program]]:
    """The console program, set up for the sandbox at a host, in the folder of the test and no longer than it lasts."""
    async with AsyncExitStack() as stack:

        def made(host: str = "http://127.0.0.1:9", **environment: str) -> Program:
            one = Program(folder, {**account_at(host), **environment}, fork_server)
            stack.push_async_callback(one.stop_all)
            return one

        yield made
