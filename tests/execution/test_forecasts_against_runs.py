"""What `plan` says of every row is what a run then does, in as many requests, and nothing is done meanwhile."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from loader.execution.connection import connected
from loader.execution.new_run import new_run
from loader.execution.read_request import candidates_of
from loader.execution.run import LoadRun
from loader.execution.send_request import Callbacks
from loader.model.attempt import Attempt
from loader.model.campaign import name_key
from loader.model.records import Intent, Settlement, State
from loader.model.row import Status
from loader.planning.forecast import Verdict
from loader.planning.plan import RunOptions
from loader.planning.request import LoadRequest
from loader.sandbox.settings import KnownList, KnownQueue
from loader.storage.journal import open_journal
from tests.sheets import Row, row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loader.config.settings import Settings
    from loader.execution.report import Report
    from loader.planning.forecast import Forecast
    from loader.sandbox.faults import Rule
    from loader.sandbox.server import Sandbox
    from tests.conftest import Main, MakeSettings, MakeWorkbook, Serve

WORLDS = 300
PASTS = ("created", "edited", "rejected", "there", "existed", "cut off", "cut off, made", "unknown", "invalid")
BECOMES = {
    Verdict.CREATE: Status.CREATED,
    Verdict.LOOK_UP: Status.CREATED,
    Verdict.CREATED: Status.CREATED,
    Verdict.EXISTS: Status.ALREADY_EXISTS,
    Verdict.CONFLICT: Status.CONFLICT,
    Verdict.INVALID: Status.INVALID,
    Verdict.REJECTED: Status.REJECTED,
    Verdict.LEFT: Status.NOT_SENT,
    Verdict.UNKNOWN: Status.UNKNOWN,
}


@dataclass
class World:
    """A sheet, what earlier runs left in the journal, what is on the server, and what is asked for."""

    rows: list[Row]
    pasts: dict[str, str]
    run_options: RunOptions
    options: dict[str, Any] = field(default_factory=dict)


def world(seed: int) -> World:
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    names = [f"Campaign {number}" for number in range(rng.randint(1, 12))]
    pasts = {name: rng.choice(("new", "new", "new", *PASTS)) for name in names}
    rows = [
        row(name, Priority="9") if past == "invalid" else row(name, Priority=rng.choice("12345"), **account(rng))
        for name, past in pasts.items()
    ]
    rng.shuffle(rows)
    run_options = RunOptions(
        retry_rejected=rng.random() < 0.3,
        recreate=frozenset(name_key(name) for name in names if rng.random() < 0.2),
        limit=rng.choice((None, None, 1, 3)),
    )
    return World(rows, pasts, run_options, {"all_or_nothing": rng.random() < 0.1, "preflight": rng.random() < 0.9})


LISTS = (KnownList("renewals-north"), KnownList("renewals-west"), KnownList("vip", status="Validating"))
QUEUES = tuple(KnownQueue(f"Desk {number}") for number in range(12))


def account(rng: random.Random) -> dict[str, str]:
    """What of the account a row names: most of it is there."""
    lists = rng.choice(("renewals-north; renewals-west", "renewals-west", "renewals-west", "renewals-nroth", "vip"))
    if rng.random() < 0.7:
        return {"Contact lists": lists, "Queue": ""}
    queue = rng.choice(("Desk 1", "Desk 11", "Desk 12"))
    return {"Contact lists": lists, "Dialing mode": "Progressive", "Queue": queue, "Experience flow": ""}


async def lived(world: World, settings: Settings) -> LoadRequest:
    """Bring journal and server to where the pasts have left them, and order the sheet as it is now."""
    load_request = LoadRequest("now.csv", as_csv(world.rows), run_options=world.run_options, **world.options)
    made = {candidate.name: candidate for candidate in candidates_of(load_request, settings)}
    with closing(open_journal(settings.journal)) as journal:
        earlier = new_run(load_request, settings, started=datetime.now(UTC))
        app = settings.application
        async with connected(settings, journal, on_wait=lambda _: None) as client:
            with journal.carrying_out(earlier, load_request.content):
                journal.take(app, earlier, {one.key: one.name for one in made.values()})
                for name, one in made.items():
                    past = world.pasts[name]
                    body = one.body.replace(b"Renewal calls", b"Other calls") if past == "edited" else one.body
                    digest = hashlib.sha256(body).hexdigest()
                    if past in ("created", "edited", "there", "cut off, made"):
                        created = await client.create(body, name=name)
                    if past not in ("new", "there"):
                        since = datetime.now(UTC) - timedelta(seconds=1)
                        journal.claim(app, earlier.id, [Intent(one.key, digest, body, True, since, State.OPEN)])
                    state = STATES.get(past)
                    if state is not None:
                        found = created.campaign_id if state is State.CREATED else None
                        journal.settle(
                            app,
                            earlier.id,
                            [Settlement(one.key, state, attempt=Attempt(attempts=1, message=past, campaign_id=found))],
                        )
    return load_request


STATES = {
    "created": State.CREATED,
    "edited": State.CREATED,
    "rejected": State.REJECTED,
    "existed": State.EXISTS,
    "unknown": State.UNKNOWN,
}


def as_csv(rows: list[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, [*rows[0], *({"Queue"} - rows[0].keys())])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def result_cells(forecast: Forecast) -> dict[int, str]:
    return {it.row: BECOMES[it.verdict].value for it in forecast.rows}


async def foreseen_and_done(seed: int, settings: Settings, server: Sandbox) -> tuple[Forecast, Report, int, bytes]:
    load_request = await lived(world(seed), settings)
    with closing(open_journal(settings.journal)) as journal:
        before = dict(journal.records(settings.application))
        forecast = await LoadRun(load_request, settings, journal, Callbacks()).forecast()
        assert journal.records(settings.application) == before
        assert len(journal.runs()) == 1
        asked_before = len(server.requests)
        report = await LoadRun(load_request, settings, journal, Callbacks()).load()
    return forecast, report, len(server.requests) - asked_before, load_request.content


async def compare(seeds: range, serve: Serve, make_settings: MakeSettings, folder: Path) -> set[str]:
    met: set[str] = set()
    for seed in seeds:
        server = await serve(prepare_seconds=0, contact_lists=LISTS, queues=QUEUES)
        settings = make_settings(
            server.url, journal=f"sqlite:///{folder}/{seed}.db", timeout_seconds=2, settle_seconds=0.05
        )
        forecast, report, requests, _ = await foreseen_and_done(seed, settings, server)
        done = {outcome.row: outcome.status.value for outcome in report.outcomes}
        assert result_cells(forecast) == done, f"seed {seed}"
        if world(seed).options["preflight"] or not forecast.requests.lookups:
            assert forecast.requests.total == requests, f"seed {seed}: {forecast.requests}"
        else:  # nobody has looked yet whether what is in doubt is there
            assert requests <= forecast.requests.total, f"seed {seed}: {forecast.requests}"
        assert forecast.exit_code == report.exit_code, f"seed {seed}"
        met |= {it.verdict for it in forecast.rows}
    return met


@pytest.mark.parametrize("first", [0, 5])
@pytest.mark.usefixtures("_hurried")
async def test_what_is_forecast_is_what_a_run_does(
    serve: Serve, make_settings: MakeSettings, folder: Path, first: int
) -> None:
    met = await compare(range(first, first + 5), serve, make_settings, folder)
    assert met >= {"create", "look up", "conflict", "invalid"}


@pytest.mark.long
@pytest.mark.usefixtures("_hurried")
async def test_what_is_forecast_of_300_worlds_is_what_a_run_does(
    serve: Serve, make_settings: MakeSettings, folder: Path
) -> None:
    assert await compare(range(1_000, 1_000 + WORLDS), serve, make_settings, folder) == set(Verdict)


# Kept in a file


@pytest.fixture
def planned(main: Main, make_workbook: MakeWorkbook, serve_aside: Callable[..., Sandbox]) -> Callable[..., Sandbox]:
    """A sheet of three rows is planned at a sandbox."""

    def made(*rules: Rule) -> Sandbox:
        server = serve_aside(*rules, prepare_seconds=0)
        make_workbook(["Spring", "Summer", "Autumn"])
        done = main("plan", "campaigns.xlsx", "--out", "plan.json", host=server.url)
        assert done.code == 0, done.err
        assert "3 create" in done.out
        assert [arrival.operation for arrival in server.requests] == ["list", "contact-lists"]
        return server

    return made


def test_a_plan_is_done_as_it_stands(planned: Callable[..., Sandbox], main: Main) -> None:
    server = planned()
    done = main("run", "--yes", "--plan", "plan.json", "--json", host=server.url)
    assert (done.code, json.loads(done.out)["counts"]) == (0, {"Created": 3})
    assert sorted(campaign.name for campaign in server.campaigns) == ["Autumn", "Spring", "Summer"]
    again = main("run", "--yes", "--plan", "plan.json", "--json", host=server.url)
    assert (again.code, json.loads(again.out)["counts"]) == (0, {"Created": 3})
    assert len(server.campaigns) == 3


def test_a_plan_for_another_sheet_is_refused(
    planned: Callable[..., Sandbox], main: Main, make_workbook: MakeWorkbook
) -> None:
    server = planned()
    make_workbook(["Spring", "Summer"])
    done = main("run", "--yes", "--plan", "plan.json", host=server.url)
    assert (done.code, done.err) == (
        2,
        "campaign-loader: the sheet is not the one of the plan any more; make a new plan\n",
    )
    assert server.campaigns == []


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("KORE_ACCOUNT_ID", "other", "the account is not the one of the plan any more"),
        ("KORE_APP_ID", "st-other", "the application is not the one of the plan any more"),
        ("KORE_API_VERSION", "v2", "KORE_API_VERSION is not the one of the plan any more: v1 was planned, v2 is set"),
    ],
)
def test_a_plan_for_another_account_or_with_other_settings_is_refused(
    planned: Callable[..., Sandbox], main: Main, setting: str, value: str, said: str
) -> None:
    server = planned()
    done = main("run", "--yes", "--plan", "plan.json", host=server.url, **{setting: value})
    assert done.code == 2
    assert said in done.err
    assert server.campaigns == []


def test_a_plan_is_not_done_where_something_else_would_be(
    planned: Callable[..., Sandbox], main: Main, make_workbook: MakeWorkbook
) -> None:
    server = planned()
    other = make_workbook(["Summer"], "other.xlsx")
    assert main("run", "--yes", other, host=server.url, LOADER_JOURNAL="sqlite:///other.db").code == 0
    done = main("run", "--yes", "--plan", "plan.json", "--json", host=server.url)
    told = json.loads(done.out)
    assert done.code == 4
    assert told["counts"] == {"Already exists": 1, "Not sent": 2}
    assert told["stopped"] == "it is not as planned any more: 'Summer' is now Already exists; make a new plan"
    assert len(server.campaigns) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "the plan plan.json cannot be read: No such file or directory"),
        ("no JSON", "plan.json is no plan; `plan SHEET --out plan.json` writes one"),
        ("[]", "plan.json is no plan of this version of the loader"),
        ('{"plan_version": 1}', "plan.json is not a complete plan: make a new one"),
    ],
)
def test_what_is_no_plan_is_refused(content: str | None, said: str, main: Main, folder: Path) -> None:
    if content is not None:
        (folder / "plan.json").write_text(content, encoding="utf-8")
    done = main("run", "--yes", "--plan", "plan.json")
    assert done.code == 2
    assert said in done.err


def test_a_plan_has_its_options_already(planned: Callable[..., Sandbox], main: Main, folder: Path) -> None:
    server = planned()
    (folder / "mapping.toml").touch()
    for option in (
        *("--sheet=May", "--set=Timezone=UTC", "--mapping=mapping.toml", "--all-or-nothing", "--limit=1"),
        *("--no-preflight", "--skip-preflight=names", "--retry-rejected", "--recreate=A", "--canary=0", "--canary=2"),
    ):
        done = main("run", "--yes", "--plan", "plan.json", option, host=server.url)
        assert (done.code, server.campaigns) == (2, []), option
        assert "--plan has the options of the sheet already" in done.err


# What it says


def test_a_conflict_names_what_differs(
    main: Main, make_workbook: MakeWorkbook, serve_aside: Callable[..., Sandbox]
) -> None:
    server = serve_aside(prepare_seconds=0)
    assert main("run", "--yes", make_workbook(["Spring"]), host=server.url).code == 0
    changed = make_workbook([row("Spring", Priority=5, Monday="9:00 AM - 5:00 PM")])
    for command in (("plan",), ("run", "--yes")):
        done = main(*command, changed, "--json", host=server.url)
        assert done.code == 4
    told = main("plan", changed, "--json", host=server.url)
    [planned] = json.loads(told.out)["rows"]
    assert planned["verdict"] == "conflict"
    assert planned["message"].endswith(
        "what differs: Priority was '3' and is '5'; Monday was '9:00 AM - 6:00 PM' and is '9:00 AM - 5:00 PM'"
    )


def test_hours_in_which_more_campaigns_would_call_than_an_account_runs_are_marked(
    main: Main, make_workbook: MakeWorkbook, serve_aside: Callable[..., Sandbox]
) -> None:
    server = serve_aside(prepare_seconds=0)
    sheet = make_workbook([row(f"Campaign {number}", Timezone="UTC") for number in range(51)])
    told = main("plan", sheet, host=server.url)
    assert "51!" in told.out
    assert "! more than 50 campaigns: an account runs at most 50 at once" in told.out
    grid = [line for line in told.out.splitlines() if line.startswith("  Mo ")]
    assert [len(line.split()) for line in grid] == [13, 13]  # side by side they are wider than 80 columns
    assert max(map(len, grid)) <= 80
    shape = json.loads(main("plan", sheet, "--json", host=server.url).out)
    assert {it["hour"] for it in shape["hours_over_the_limit"]} == set(range(9, 18))
    assert shape["hours_utc"]["Monday"][8:10] == [0, 51]
    assert shape["requests"]["total"] >= 52
