"""What doctor looks at, each thing by itself: what it sees, what would mend it, and the exit code."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from contextlib import asynccontextmanager, closing
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from loader.execution.check_result import CheckResult, Grade, exit_code_of
from loader.execution.doctor import examine, versions
from loader.sandbox.fault_rules import rule
from loader.storage.migrations import MIGRATIONS
from tests.api.certificates import Authority
from tests.conftest import account_at
from tests.load_runs import asked
from tests.secrets_sought import SECRET

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from tests.conftest import Main, Serve
    from tests.program import Program

OK, WARNING, FAILURE = Grade.OK, Grade.WARNING, Grade.FAILURE
CHECKS = [
    *("settings", "secret", "expiry", "rate", "versions", "journal", "disk of the journal", "disk of the output"),
    *("output", "host", "token", "clock"),
]


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set up the account of the sandbox at a host; blank settings are taken away."""
    assert folder.exists()

    def set_up(host: str = "http://127.0.0.1:9", **changes: str) -> None:
        for name, value in {**account_at(host), "LOADER_RATE_PER_MINUTE": "50", **changes}.items():
            monkeypatch.setenv(name, value)

    return set_up


def by_check(findings: Sequence[CheckResult]) -> dict[str, CheckResult]:
    assert all(bool(it.remedy) == (it.grade is not OK) for it in findings)
    assert all(bool(it.exit_code) == (it.grade is FAILURE) for it in findings)
    assert SECRET not in str(findings)
    return {it.check: it for it in findings}


def grades(findings: Sequence[CheckResult]) -> dict[str, Grade]:
    """What is not well."""
    return {it.check: it.grade for it in findings if it.grade is not OK}


async def test_where_all_is_well_every_check_is_ok_and_one_page_was_read(serve: Serve, at: Callable[..., None]) -> None:
    server = await serve()
    at(server.url)
    findings = await examine()
    assert [it.check for it in findings] == CHECKS
    assert (grades(findings), exit_code_of(findings)) == ({}, 0)
    assert asked(server) == {"list": 1}
    seen = {check: it.seen for check, it in by_check(findings).items()}
    assert seen["settings"] == f"account demo00000000000000000000 at {server.url}"
    assert seen["secret"] == "not kept in a file of settings"
    assert seen["rate"] == "50 requests a minute, readings of the list included; the documented limit is 60"
    assert seen["journal"] == f"output/journal.db, version {len(MIGRATIONS)}, 0 runs"
    assert seen["host"] == f"{server.url} answers at 127.0.0.1, without TLS"
    assert seen["token"] == "accepted, and the campaign list can be read, which has 0 campaigns"
    assert seen["output"] == "output can be written to"


async def test_a_missing_setting_hides_nothing_that_can_be_looked_at_without_it(
    serve: Serve, at: Callable[..., None]
) -> None:
    server = await serve()
    at(server.url, KORE_CLIENT_SECRET="", KORE_APP_ID="st 1")
    findings = await examine()
    where = "it in the environment, in .env or in loader.toml"
    assert findings[:2] == [
        CheckResult("settings", FAILURE, "KORE_APP_ID: should be an identifier without blanks", f"correct {where}", 2),
        CheckResult(
            *("settings", FAILURE, "KORE_CLIENT_SECRET: is missing, and so is KORE_CLIENT_SECRET_FILE"),
            *(f"set {where}", 2),
        ),
    ]
    assert [it.check for it in findings[2:]] == [*CHECKS[4:10]]
    assert (exit_code_of(findings), asked(server)) == (2, {})


async def test_places_that_are_wrong_themselves_leave_the_installation_to_be_looked_at(at: Callable[..., None]) -> None:
    at(LOADER_MAX_ROWS="none")
    assert [(it.check, it.grade) for it in await examine()] == [("settings", FAILURE), ("versions", OK)]


def test_a_profile_that_is_not_there_is_reported(at: Callable[..., None], main: Main, folder: Path) -> None:
    at()
    done = main("doctor", "--profile", "eu", "--json")
    assert done.code == 2
    assert done.json["checks"][0] == {
        "check": "settings",
        "grade": "failure",
        "seen": f"profile eu: there is no loader.toml in {folder}, where the program was started",
        "remedy": "start in the folder of loader.toml, and name a profile that it has",
    }


# Credentials


@pytest.mark.parametrize("wrong", [{"campaign_scope": False}, {"client_id": "cs-other"}, {"client_secret": "x" * 64}])
async def test_a_token_that_is_refused_ends_with_6_and_the_clock_is_compared_all_the_same(
    serve: Serve, at: Callable[..., None], wrong: dict[str, Any]
) -> None:
    server = await serve(**wrong)
    at(server.url)
    findings = await examine()
    assert (grades(findings), exit_code_of(findings)) == ({"token": FAILURE}, 6)
    token = by_check(findings)["token"]
    assert token.seen.startswith("refused: ")
    assert "KORE_CLIENT_SECRET" in token.remedy
    assert "Campaign Management" in token.remedy


async def test_a_refusal_counts_more_than_what_else_fails(serve: Serve, at: Callable[..., None], folder: Path) -> None:
    server = await serve(campaign_scope=False)
    (folder / "taken").write_text("a file")
    at(server.url, LOADER_OUTPUT="taken")
    findings = await examine()
    assert (grades(findings), exit_code_of(findings)) == ({"output": FAILURE, "token": FAILURE}, 6)
    assert by_check(findings)["output"].seen == "taken cannot be written to: Not a directory"


async def test_a_secret_that_does_not_fit_the_algorithm_is_reported(serve: Serve, at: Callable[..., None]) -> None:
    at((await serve()).url, KORE_JWT_ALGORITHM="RS256")
    findings = await examine()
    assert grades(findings) == {"token": FAILURE}
    seen = "KORE_CLIENT_SECRET does not hold a private key in PEM form that RS256 can sign with"
    assert by_check(findings)["token"].seen == seen
    assert by_check(findings)["expiry"].seen == "a private key does not expire by itself"


@pytest.mark.parametrize(
    ("days", "grade", "seen"),
    [
        (15, OK, "the secret expires on 2027-01-30"),
        (14, WARNING, "the secret expires on 2027-01-29"),
        (0, WARNING, "the secret expires on 2027-01-15"),
        (-1, WARNING, "the secret expired on 2027-01-14"),
    ],
)
async def test_a_secret_that_expires_within_two_weeks_is_a_warning(
    at: Callable[..., None], days: int, grade: Grade, seen: str
) -> None:
    noon = datetime(2027, 1, 15, 12, tzinfo=UTC)
    at(KORE_CLIENT_SECRET_EXPIRES=str(date(2027, 1, 15) + timedelta(days=days)))
    expiry = by_check(await examine(now=lambda: noon))["expiry"]
    assert (expiry.grade, expiry.seen) == (grade, seen)


@pytest.mark.parametrize(
    ("kept_in", "name"),
    [
        (".env", "KORE_CLIENT_SECRET"),
        (".env", "kore_client_secret"),
        ("loader.toml", "client_secret"),
        ("my.secret", "KORE_CLIENT_SECRET_FILE"),
    ],
)
async def test_a_secret_that_others_can_read_is_a_warning(
    at: Callable[..., None], folder: Path, kept_in: str, name: str
) -> None:
    at(**({} if kept_in == "loader.toml" else {"KORE_CLIENT_SECRET": ""}))
    (folder / "loader.toml").write_text("[profiles.eu]\n")
    file = folder / kept_in
    if kept_in == "loader.toml":
        file.write_text(f'[profiles.eu]\n{name} = "{SECRET}"\n')
    elif kept_in == ".env":
        file.write_text(f"{name}={SECRET}\n")
    else:
        file.write_text(SECRET)
        at(KORE_CLIENT_SECRET="", **{name: kept_in})
    file.chmod(0o640)
    warned = by_check(await examine("eu"))["secret"]
    assert warned == CheckResult(
        "secret", WARNING, f"others on this machine can read {kept_in}, which holds a secret", f"chmod 600 {kept_in}"
    )
    file.chmod(0o600)
    assert by_check(await examine("eu"))["secret"] == CheckResult("secret", OK, f"kept in {kept_in}")


async def test_a_secret_of_the_environment_that_does_not_count_for_the_profile_is_not_reported_of(
    at: Callable[..., None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at()
    (folder / "loader.toml").write_text('[profiles.eu]\nclient_secret_env = "EU_SECRET"\n')
    (folder / ".env").write_text(f"KORE_CLIENT_SECRET={SECRET}\n")
    (folder / ".env").chmod(0o600)
    monkeypatch.setenv("EU_SECRET", SECRET)
    assert by_check(await examine("eu"))["secret"].seen == "not kept in a file of settings"
    assert by_check(await examine())["secret"].seen == "kept in .env"


async def test_a_file_that_is_named_for_a_secret_and_not_needed_may_be_missing(at: Callable[..., None]) -> None:
    at(KORE_CLIENT_SECRET_FILE="none.secret")
    assert by_check(await examine())["secret"] == CheckResult("secret", OK, "not kept in a file of settings")


async def test_secrets_of_notices_are_looked_after_as_well(at: Callable[..., None], folder: Path) -> None:
    at()
    (folder / "loader.toml").write_text('[profiles.eu]\nnotify_webhook = "https://hooks.example.com/T1"\n')
    (folder / "loader.toml").chmod(0o604)
    assert (
        by_check(await examine("eu"))["secret"].seen
        == "others on this machine can read loader.toml, which holds a secret"
    )
    assert by_check(await examine())["secret"].grade is OK


# Clock


@pytest.mark.parametrize(
    ("seconds", "grade", "seen"),
    [
        (20, OK, "20 s ahead of the server's"),
        (45, WARNING, "45 s ahead of the server's"),
        (-200, WARNING, "200 s behind the server's"),
        (90, FAILURE, "90 s ahead of the server's, so that tokens are refused"),
        (-400, FAILURE, "400 s behind the server's, so that tokens are refused"),
    ],
)
async def test_a_clock_that_is_off_is_reported_by_how_much(
    serve: Serve, at: Callable[..., None], seconds: int, grade: Grade, seen: str
) -> None:
    at((await serve()).url)
    clock = by_check(await examine(now=lambda: datetime.now(UTC) + timedelta(seconds=seconds)))["clock"]
    assert clock.grade is grade
    # the server's time comes in whole seconds, and a moment passes on the way
    assert abs(int(clock.seen.split(" ")[0]) - abs(seconds)) <= 5
    assert clock.seen.split(" ", 1)[1] == seen.split(" ", 1)[1]


# Network


async def test_where_nobody_listens_token_and_clock_are_said_not_to_be_tested(at: Callable[..., None]) -> None:
    at("http://127.0.0.1:9")
    findings = await examine()
    assert (grades(findings), exit_code_of(findings)) == ({"host": FAILURE, "token": WARNING, "clock": WARNING}, 2)
    assert by_check(findings)["host"].seen == "127.0.0.1:9 cannot be reached (Connection refused)"


@pytest.mark.parametrize(
    ("fault", "grade", "seen"),
    [
        ({"action": "rate-limited", "retry_after": "1"}, WARNING, "not tested, the limit is reached: "),
        ({"action": "server-error", "status": 503}, FAILURE, "no good answer: "),
        ({"action": "refused", "status": 404}, FAILURE, "not this API: "),
        ({"action": "redirect"}, FAILURE, "not this API: "),
    ],
)
async def test_what_the_server_says_instead_of_a_page_is_reported(
    serve: Serve, at: Callable[..., None], fault: dict[str, Any], grade: Grade, seen: str
) -> None:
    at((await serve(rule(operation="list", **fault))).url)
    token = by_check(await examine())["token"]
    assert (token.grade, token.exit_code) == (grade, 2 if grade is FAILURE else 0)
    assert token.seen.startswith(seen)


async def test_a_server_that_wants_no_order_is_asked_without_one(serve: Serve, at: Callable[..., None]) -> None:
    server = await serve(rule(operation="list", times=1, action="refused", status=400))
    at(server.url)
    assert by_check(await examine())["token"].grade is OK
    assert asked(server) == {"list": 2}


async def test_over_tls_the_certificate_is_looked_at_and_all_else_as_well(
    serve: Serve, at: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, authority = await serve(), Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", authority.client())
    async with tls_in_front_of(server.url, authority.server()) as url:
        at(url)
        findings = await examine()
        assert grades(findings) == {}
        assert " answers at 127.0.0.1 with TLSv1.3; its certificate ends on " in by_check(findings)["host"].seen
        later = datetime.now(UTC) + timedelta(days=17)
        assert by_check(await examine(now=lambda: later))["host"].grade is WARNING
    async with tls_in_front_of(server.url, authority.server("expired")) as url:
        at(url)
        findings = await examine()
        assert exit_code_of(findings) == 2
        seen = "the certificate of 127.0.0.1 is not trusted: certificate has expired"
        assert by_check(findings)["host"].seen == seen


@asynccontextmanager
async def tls_in_front_of(url: str, context: ssl.SSLContext) -> AsyncIterator[str]:
    """A server that speaks TLS and passes everything on."""

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, to_behind = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        with contextlib.suppress(OSError):
            await asyncio.gather(_pour(reader, to_behind), _pour(behind, writer))

    async with await asyncio.start_server(passed_on, "127.0.0.1", 0, ssl=context) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


# This machine


async def test_a_journal_that_cannot_be_used_hides_nothing(serve: Serve, at: Callable[..., None], folder: Path) -> None:
    server = await serve()
    with closing(sqlite3.connect(folder / "other.db")) as database:
        database.execute("CREATE TABLE theirs (id)")
    for address, seen in (
        ("sqlite:///other.db", "other.db is a database of another program; set LOADER_JOURNAL to another file"),
        (
            "postgresql://db/loader",
            "LOADER_JOURNAL must be a file on this machine, such as sqlite:///output/journal.db",
        ),
    ):
        at(server.url, LOADER_JOURNAL=address)
        findings = await examine()
        assert (grades(findings), exit_code_of(findings)) == ({"journal": FAILURE}, 2)
        assert by_check(findings)["journal"].seen == seen
        assert by_check(findings)["token"].grade is OK


async def test_a_journal_that_others_could_write_is_a_warning_once(
    serve: Serve, at: Callable[..., None], folder: Path
) -> None:
    at((await serve()).url, LOADER_JOURNAL="sqlite:///mine.db")
    await examine()
    (folder / "mine.db").chmod(0o622)
    found = by_check(await examine())["journal"]
    assert (found.grade, found.seen) == (WARNING, "others on this machine could write to mine.db, and cannot any more")
    assert by_check(await examine())["journal"].grade is OK


@pytest.mark.parametrize(("free_mb", "grade"), [(600, OK), (499, WARNING), (50, WARNING), (49, FAILURE)])
async def test_little_room_on_the_disk_is_a_warning_and_hardly_any_a_failure(
    at: Callable[..., None], monkeypatch: pytest.MonkeyPatch, free_mb: int, grade: Grade
) -> None:
    at()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, free_mb * 1_000_000))
    findings = by_check(await examine())
    assert {findings[f"disk of the {what}"].grade for what in ("journal", "output")} == {grade}
    assert findings["disk of the output"].seen == f"{free_mb} MB free at output"


async def test_a_disk_that_cannot_be_asked_is_reported(
    at: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: object) -> None:
        raise OSError(5, "Input/output error")

    at()
    monkeypatch.setattr(shutil, "disk_usage", gone)
    findings = by_check(await examine())
    assert findings["disk of the output"].seen == "output cannot be looked at: Input/output error"


async def test_an_output_folder_is_looked_at_and_not_made(at: Callable[..., None], folder: Path) -> None:
    at(LOADER_OUTPUT="results/of/april", LOADER_JOURNAL="sqlite:///journal.db")
    assert by_check(await examine())["output"].seen == "results/of/april can be made"
    assert not (folder / "results").exists()


async def test_a_rate_above_the_documented_limit_is_a_warning(at: Callable[..., None]) -> None:
    at(LOADER_RATE_PER_MINUTE="60")
    assert by_check(await examine())["rate"].grade is OK
    at(LOADER_RATE_PER_MINUTE="61")
    assert by_check(await examine())["rate"].remedy == "set LOADER_RATE_PER_MINUTE to 60 or less"


@pytest.mark.parametrize(("python", "grade"), [((3, 11), OK), ((3, 13), OK), ((3, 14), WARNING)])
def test_a_python_it_is_not_tested_with_is_a_warning(python: tuple[int, int], grade: Grade) -> None:
    found = versions(python)
    assert found.grade is grade
    assert found.seen.startswith(f"Python {python[0]}.{python[1]}, campaign-loader 0.1.0, ")
    assert "structlog 2" in found.seen
    assert "pytest" not in found.seen


def test_a_loader_that_was_not_installed_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loader.execution.doctor._PACKAGE", "campaign-loader-of-nobody")
    assert versions((3, 11)).seen == "campaign-loader-of-nobody is not installed"


# The command


async def test_the_program_tells_each_check_in_a_line_and_ends_with_its_code(
    serve: Serve, program: Callable[..., Program]
) -> None:
    server = await serve()
    done = await program(server.url, LOADER_RATE_PER_MINUTE="90").run("doctor")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line[8:].split(":")[0] for line in lines if line.startswith(("ok ", "warning "))] == CHECKS
    assert lines[3].startswith("warning rate: 90 requests a minute, readings of the list included; ")
    assert lines[4] == "        set LOADER_RATE_PER_MINUTE to 60 or less"
    assert lines[-1] == "11 ok, 1 warning"
    refused = await program(server.url, KORE_CLIENT_ID="cs-other", LOADER_RATE_PER_MINUTE="50").run("doctor", "--json")
    assert (refused.code, refused.json["exit_code"]) == (6, 6)
    assert [it["check"] for it in refused.json["checks"]] == CHECKS


async def test_a_proxy_of_other_programs_that_is_not_used_is_reported(
    at: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    at("https://127.0.0.1:9")
    proxy = by_check(await examine())["proxy"]
    assert (proxy.grade, proxy.seen) == (WARNING, "HTTPS_PROXY is set and not used")
    assert "KORE_PROXY" in proxy.remedy


async def test_where_a_proxy_is_set_it_is_what_is_looked_at(at: Callable[..., None]) -> None:
    at("https://platform.example.com", KORE_PROXY="http://user:word@127.0.0.1:9")
    host = by_check(await examine())["host"]
    assert host.seen == "the proxy: 127.0.0.1:9 cannot be reached (Connection refused)"
    assert (host.grade, host.remedy) == (FAILURE, "check KORE_PROXY and the network")
