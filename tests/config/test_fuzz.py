"""Files that somebody has edited by hand, badly: each is taken or refused in a sentence, and is never a defect."""

from __future__ import annotations

import json
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

import pytest

from loader.config.settings import profile_names, read_all_settings, read_notices, read_places, read_settings
from loader.errors import LoaderError
from loader.execution.plan_file import read_plan
from loader.planning.request import LoadRequest
from loader.storage.database import journal_path
from loader.workbook.mapping import read_mapping
from tests.sheets import row, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Main, MakeSettings

DOTENV = """\
KORE_HOST=platform.kore.ai
KORE_APP_ID="st-1"
export KORE_ACCOUNT_ID=acc-1
KORE_CLIENT_ID=cs-1
KORE_CLIENT_SECRET_FILE=my.secret
KORE_CLIENT_SECRET_EXPIRES=2027-01-31
LOADER_JOURNAL=sqlite:///output/journal.db
LOADER_RATE_PER_MINUTE=60000
LOADER_NOTIFY_EMAIL_TO=a@example.com
LOADER_NOTIFY_EMAIL_FROM=b@example.com
LOADER_SMTP_HOST=smtp.example.com
LOADER_OUTPUT=output
"""
PROFILES = """\
[profiles.eu]
host = "eu-platform.kore.ai"
app_id = "st-1"
account_id = "acc-1"
client_id = "cs-1"
client_secret = "hush"
client_secret_expires = 2027-01-31
rate_per_minute = 50
journal = "sqlite:///output/eu.db"
output = "output"
mapping = "mapping.toml"
country = "US"
smtp_port = 25
"""
MAPPING = """\
ignore = ["Monday meeting"]
country = "US"

[headers]
"Campaign title" = "Campaign name"
"Dial type" = "Dialing mode"

[values."Dial type"]
"Voice - IVR" = "Agentless"
"""
PLAN = json.dumps(
    {
        "plan_version": 1,
        "made_at": "2026-11-28T10:00:00+00:00",
        "sheet": "april.xlsx",
        "sheet_digest": "d",
        "account": "a",
        "application": "b",
        "api_version": "v1",
        "options": LoadRequest("april.xlsx", b"").options(),
        "requests": 3,
        "rows": [{"row": 2, "name": "Recall", "verdict": "new"}],
    },
    indent=1,
)
TEXTS = {".env": DOTENV, "loader.toml": PROFILES, "mapping.toml": MAPPING, "plan.json": PLAN}
PIECES = (
    *(
        "\0",
        "\\u0000",
        "\x1b[2J",
        "\x85",
        "\u202e",
        "\ufeff",
        "\udcff",
        "\r",
        "\n",
        "\n\n[profiles]\n",
        '"',
        "'",
        "=",
        "${KORE_HOST}",
    ),
    *("[" * 5_000, "{" * 5_000, "9" * 5_000, "1e999", "nan", "-1", "0", "true", "null", "[]", "{}", "''", "2027-13-99"),
    *("..", "/", "://", "@", ":99999", "#", "%00", "\\", "a" * 70_000, "2027-01-31T25:00:00", "[1, 'a', {}]", "\u0663"),
)


def mutant(text: str, random: Random) -> str:
    """The text with one to three faults of those that people and programs make."""
    for _ in range(random.choice((1, 1, 2, 3))):
        begin = random.randrange(len(text) + 1)
        end = min(len(text), begin + random.choice((0, 1, 3, 20, 200)))
        line = text.splitlines(keepends=True)
        match random.randrange(6):
            case 0:
                text = text[:begin] + text[end:]
            case 1:
                text = text[:begin] + random.choice(PIECES) + text[begin:]
            case 2:
                text = text[:begin] + random.choice(PIECES) + text[end:]
            case 3 if line:
                text += random.choice(line)
            case 4 if "=" in text or ":" in text:  # a value of another kind
                at = random.choice([at for at, letter in enumerate(text) if letter in "=:"])
                until = text.find("\n", at)
                text = text[: at + 1] + random.choice(PIECES) + (text[until:] if until > 0 else "")
            case _:
                text = text.swapcase() if random.random() < 0.2 else text[:begin] + text[begin:].replace('"', "", 1)
    return text


@pytest.fixture
def read(folder: Path, make_settings: MakeSettings) -> Callable[[], None]:
    """Have all files read, as commands do."""
    settings = make_settings()
    (folder / "my.secret").write_text("hush")

    def all_of_them() -> None:
        for profile in (None, "eu"):
            for part in (read_all_settings, read_settings, read_places, read_notices):
                with suppress(LoaderError):
                    part(profile)
            with suppress(LoaderError):
                journal_path(read_places(profile).journal)
        with suppress(LoaderError):
            profile_names()
        with suppress(LoaderError):
            read_mapping(folder / "mapping.toml")
        with suppress(LoaderError):
            read_plan(folder / "plan.json").load_request(b"", settings)

    return all_of_them


@pytest.mark.parametrize("file", TEXTS)
@pytest.mark.parametrize("number", [100, pytest.param(2_000, marks=pytest.mark.slow)])
def test_whatever_becomes_of_a_file_it_is_taken_or_refused_in_a_sentence(
    file: str, number: int, folder: Path, read: Callable[[], None]
) -> None:
    random = Random(f"{file} {number}")  # noqa: S311 - the same every time
    for _ in range(number):
        (folder / file).write_bytes(mutant(TEXTS[file], random).encode(errors="surrogateescape"))
        read()


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("number", [8, pytest.param(60, marks=pytest.mark.slow)])
def test_no_command_ends_with_70(part: int, number: int, folder: Path, main: Main) -> None:
    random, file = Random(f"{part} {number}"), list(TEXTS)[part]  # noqa: S311
    write_workbook(folder / "april.xlsx", [row("Recall")])
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    (folder / "my.secret").write_text("hush")
    commands = {
        ".env": [["runs"], ["check", "april.xlsx"]],
        "loader.toml": [["check", "april.xlsx", "--profile", "eu"], ["runs", "--profile", "eu"]],
        "mapping.toml": [["check", "april.xlsx", "--mapping", "mapping.toml"]],
        "plan.json": [["run", "--plan", "plan.json", "--yes"]],
    }[file]
    for _ in range(number):
        (folder / file).write_bytes(mutant(TEXTS[file], random).encode(errors="surrogateescape"))
        for command in commands:
            done = main(*command, KORE_CLIENT_SECRET="hush hush")
            assert done.code in {0, 2, 3, 4, 6}, done.err
            assert "Traceback" not in done.err
