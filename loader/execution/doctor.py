"""Whether a run would find all it needs: looked at before the night, each thing by itself."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import tempfile
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING

from loader.api.auth import AHEAD, BEHIND
from loader.config.settings import PROFILES, names, read_all_settings, read_places, read_settings, secret_files
from loader.errors import (
    ApiError,
    JournalError,
    LoaderError,
    MisdirectedError,
    RefusedError,
    RejectedError,
    SettingsError,
    ThrottledError,
)
from loader.execution.check_result import CheckResult, Grade
from loader.execution.connection import Connection, connected
from loader.execution.host_check import host_checks
from loader.storage.atomic_files import others_can_write
from loader.storage.database import journal_path
from loader.storage.journal import open_journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from loader.api.client import Client
    from loader.api.messages import Page
    from loader.config.settings import AllSettings, Places, Settings
    from loader.storage.journal import Journal

_PACKAGE = "campaign-loader"
_PYTHONS = ((3, 11), (3, 12), (3, 13))  # those it is tested with
_DOCUMENTED_PER_MINUTE = 60  # API reference, 8.3
_LITTLE_BYTES, _PLENTY_BYTES = 50_000_000, 500_000_000  # a run of 100,000 rows writes about 100 MB
_SOON = timedelta(days=14)
_OFF = timedelta(seconds=30)


async def examine(
    profile: str | None = None,
    *,
    connection: Connection | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Sequence[CheckResult]:
    """Everything that can be looked at, whatever else fails. One campaign is asked for; nothing is created."""
    results: list[CheckResult] = []
    try:
        settings = read_all_settings(profile)
        results.append(_ok("settings", f"account {settings.account}"))
    except SettingsError as error:
        settings = None
        results += [_failure("settings", said, _remedy(said)) for said in _each(error)]
    if settings is not None:
        results += [_secret(profile, settings), _expiry(settings, now()), _rate(settings)]
    results.append(versions(sys.version_info[:2]))
    places = settings or _places(profile)
    if places is not None:
        results += [_journal(places), *_disk(places), _output(places)]
    host = settings.host if settings is not None else _host_alone(profile)
    if host is not None:
        results += await host_checks(host, settings.proxy if settings is not None else None, now())
    if settings is not None and results[-1].grade is Grade.FAILURE:
        results += [_warning(name, "not tested: the host is not reached", "see host") for name in ("token", "clock")]
    elif settings is not None:
        results += await _account(settings, connection, now)
    return results


def _ok(check: str, seen: str) -> CheckResult:
    return CheckResult(check, Grade.OK, seen)


def _warning(check: str, seen: str, remedy: str) -> CheckResult:
    return CheckResult(check, Grade.WARNING, seen, remedy)


def _failure(check: str, seen: str, remedy: str, exit_code: int = 2) -> CheckResult:
    return CheckResult(check, Grade.FAILURE, seen, remedy, exit_code)


# What is set


def _each(error: SettingsError) -> Sequence[str]:
    first, *others = str(error).splitlines()
    return [line.strip() for line in others] or [first]


def _remedy(said: str) -> str:
    if said.startswith((str(PROFILES), "profile ")):
        return f"start in the folder of {PROFILES}, and name a profile that it has"
    return f"{'set' if 'is missing' in said else 'correct'} it in the environment, in .env or in {PROFILES}"


def _places(profile: str | None) -> Places | None:
    try:
        return read_places(profile)
    except SettingsError:  # said already
        return None


def _host_alone(profile: str | None) -> str | None:
    """The host, though something else of the account is missing or wrong."""
    unknown = dict.fromkeys(("app_id", "account_id", "client_id", "client_secret"), "unknown")
    try:
        return read_settings(profile, **unknown).host
    except SettingsError:  # said already
        return None


def _secret(profile: str | None, settings: AllSettings) -> CheckResult:
    files = secret_files(profile, settings)
    for path in files:
        if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            return _warning(
                "secret", f"others on this machine can read {path}, which holds a secret", f"chmod 600 {path}"
            )
    return _ok("secret", f"kept in {', '.join(map(str, files))}" if files else "not kept in a file of settings")


def _expiry(settings: Settings, now: datetime) -> CheckResult:
    ends = settings.client_secret_expires
    if settings.jwt_algorithm.startswith("RS"):
        return _ok("expiry", "a private key does not expire by itself")
    if ends is None:
        return _ok("expiry", f"not known; set {names()['client_secret_expires']} to be warned two weeks before")
    if ends - now.date() > _SOON:
        return _ok("expiry", f"the secret expires on {ends}")
    word = "expired" if ends < now.date() else "expires"
    return _warning("expiry", f"the secret {word} on {ends}", "get a new Client Secret, and set its date")


def _rate(settings: Settings) -> CheckResult:
    seen = f"{settings.rate_per_minute:g} requests a minute, readings of the list included"
    if settings.rate_per_minute > _DOCUMENTED_PER_MINUTE:
        seen = f"{seen}; the documented limit of an account is {_DOCUMENTED_PER_MINUTE}"
        return _warning("rate", seen, f"set LOADER_RATE_PER_MINUTE to {_DOCUMENTED_PER_MINUTE} or less")
    return _ok("rate", f"{seen}; the documented limit is {_DOCUMENTED_PER_MINUTE}")


# What is installed, and where it writes


def versions(python: tuple[int, int]) -> CheckResult:
    """Python, the loader, and the libraries it stands on."""
    try:
        needed = [line for line in requires(_PACKAGE) or () if "extra ==" not in line]
        libraries = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in needed]
        named = ", ".join(f"{name} {version(name)}" for name in (_PACKAGE, *libraries))
    except PackageNotFoundError as error:
        return _warning("versions", f"{error.name} is not installed", "install campaign-loader with pip")
    seen = f"Python {python[0]}.{python[1]}, {named}"
    if python not in _PYTHONS:
        tested = ", ".join(f"{major}.{minor}" for major, minor in _PYTHONS)
        return _warning("versions", seen, f"use a Python it is tested with: {tested}")
    return _ok("versions", seen)


def _journal(places: Places) -> CheckResult:
    try:
        path = journal_path(places.journal)
        was_open = others_can_write(path)  # until it is opened
        with closing(open_journal(places.journal)) as journal:
            seen = f"{path}, version {journal.database.version}, {len(journal.runs())} runs"
    except JournalError as error:
        return _failure("journal", str(error), "set LOADER_JOURNAL to a file that this user can write")
    was = f"others on this machine could write to {path}, and cannot any more"
    return _warning("journal", was, "see that `runs` lists your own alone") if was_open else _ok("journal", seen)


def _disk(places: Places) -> Iterator[CheckResult]:
    folders = [("output", places.output)]
    with suppress(JournalError):  # said already
        folders.insert(0, ("journal", journal_path(places.journal).parent))
    for what, folder in folders:
        check = f"disk of the {what}"
        try:
            free = shutil.disk_usage(_nearest(folder)).free
        except OSError as error:
            yield _failure(check, f"{folder} cannot be looked at: {error.strerror}", "name another folder")
            continue
        seen = f"{free / 1e6:,.0f} MB free at {folder}"
        if free >= _PLENTY_BYTES:
            yield _ok(check, seen)
        elif free >= _LITTLE_BYTES:
            yield _warning(check, seen, f"make room; a large run needs {_PLENTY_BYTES / 1e6:.0f} MB")
        else:
            yield _failure(check, seen, f"make room; a run needs {_LITTLE_BYTES / 1e6:.0f} MB at least")


def _output(places: Places) -> CheckResult:
    folder = places.output
    try:
        with tempfile.TemporaryFile(dir=_nearest(folder)) as file:
            file.write(b"?")
    except OSError as error:
        return _failure(
            "output", f"{folder} cannot be written to: {error.strerror}", "set LOADER_OUTPUT to another folder"
        )
    return _ok("output", f"{folder} can be {'written to' if folder.exists() else 'made'}")


def _nearest(path: Path) -> Path:
    """The path itself or, until it is made, the folder it will be made in."""
    return next((one for one in (path, *path.parents) if one.exists()), path)


# What is outside


async def _account(
    settings: Settings, connection: Connection | None, now: Callable[[], datetime]
) -> Sequence[CheckResult]:
    """Token and scope by one reading, and the clock by its answer, whatever that says."""
    try:
        with _some_journal(settings) as journal:
            async with connected(settings, journal, connection=connection, on_wait=lambda _: None) as client:
                token = await _token(client)
                return [token, _clock(client.server_time, now())]
    except LoaderError as error:  # of the secret that does not fit, or of the journal
        return [_failure("token", str(error), "set it right, and look again")]


@contextmanager
def _some_journal(settings: Settings) -> Iterator[Journal]:
    """The journal, for the allowance that all share; where it cannot be used, nobody else uses it either."""
    with tempfile.TemporaryDirectory(prefix="campaign-loader-doctor-") as folder:
        try:
            journal = open_journal(settings.journal)
        except JournalError:
            journal = open_journal(f"sqlite:///{folder}/journal.db")
        with closing(journal):
            yield journal


async def _token(client: Client) -> CheckResult:
    try:
        page = await _one_campaign(client)
    except RefusedError as error:
        remedy = (
            "check KORE_CLIENT_ID, KORE_CLIENT_SECRET and KORE_JWT_ALGORITHM, and that the JWT app has the scope "
            "Campaign Management and is published"
        )
        return _failure("token", f"refused: {error}", remedy, error.exit_code)
    except ThrottledError as error:
        return _warning("token", f"not tested, the limit is reached: {error}", "look again in a minute")
    except (MisdirectedError, RejectedError) as error:
        return _failure("token", f"not this API: {error}", "check KORE_HOST, KORE_APP_ID and KORE_API_VERSION")
    except ApiError as error:
        return _failure("token", f"no good answer: {error}", "look again later")
    count = "" if page.total is None else f", which has {page.total:,} campaigns"
    return _ok("token", f"accepted, and the campaign list can be read{count}")


async def _one_campaign(client: Client) -> Page:
    try:
        return await client.page(1, limit=1, newest_first=True)
    except RejectedError:  # an order may be what it does not like (API reference, 9.15)
        return await client.page(1, limit=1, newest_first=False)


def _clock(server: datetime | None, here: datetime) -> CheckResult:
    if server is None:
        return _warning(
            "clock", "not compared: the server did not tell its time", "see that this machine keeps its clock right"
        )
    off = here - server
    seen = f"{abs(off.total_seconds()):.0f} s {'ahead of' if off > timedelta() else 'behind'} the server's"
    remedy = "let this machine set its clock by the network (NTP)"
    if off > AHEAD or -off > BEHIND:
        return _failure("clock", f"{seen}, so that tokens are refused", remedy)
    return _warning("clock", seen, remedy) if abs(off) > _OFF else _ok("clock", seen)
