"""A sheet of another system is loaded as it stands, with a mapping that the loader drafts and a run remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.load_runs import creates
from tests.sheets import row, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loader.sandbox.server import Sandbox
    from tests.conftest import Main

LEGACY = {"Campaign name": "Campaign title", "Dialing mode": "Dial type", "Max attempts": "Tries"}
MAPPING = """
[headers]
"Campaign title" = "Campaign name"
"Dial type" = "Dialing mode"
"Tries" = "Max attempts"

[values."Dialing mode"]
"Voice - IVR" = "Agentless"
"""


@pytest.fixture
def legacy(folder: Path) -> Path:
    rows = [{LEGACY.get(key, key): value for key, value in row(name).items()} for name in "ABC"]
    return write_workbook(folder / "legacy.xlsx", [{**it, "Dial type": "Voice - IVR"} for it in rows])


@pytest.mark.usefixtures("legacy")
def test_headers_that_are_not_known_come_with_the_offer_of_a_draft(main: Main) -> None:
    done = main("check", "legacy.xlsx")
    assert done.code == 3
    assert done.err.splitlines()[-1].strip() == (
        "If it is a sheet of another system: campaign-loader check legacy.xlsx --draft-mapping mapping.toml writes a "
        "first draft of a mapping."
    )


@pytest.mark.usefixtures("legacy")
def test_the_draft_is_completed_by_a_person_and_then_the_sheet_is_good(main: Main, folder: Path) -> None:
    done = main("check", "legacy.xlsx", "--draft-mapping", "map.toml")
    assert done.code == 3
    assert done.err.splitlines()[-1].strip() == (
        "Wrote a first draft of a mapping to map.toml: complete it, then: campaign-loader check legacy.xlsx --mapping "
        "map.toml"
    )
    draft = (folder / "map.toml").read_text()
    assert '"Campaign title" = "Campaign name"  # A1, a guess' in draft
    assert '"Tries" = "Max attempts"  # ' in draft
    assert '"Dial type" = "Dialing mode"  # ' in draft
    assert '# "Voice - IVR" = ""' in draft
    again = main("check", "legacy.xlsx", "--mapping", "map.toml", "--draft-mapping", "map2.toml")
    assert (again.code, again.err.splitlines()[-1]) == (3, "Wrote a first draft of a mapping to map2.toml")
    second = (folder / "map2.toml").read_text().replace('# "Voice - IVR" = ""', '"Voice - IVR" = "Agentless"')
    (folder / "map2.toml").write_text(second)
    assert main("check", "legacy.xlsx", "--mapping", "map2.toml").code == 0


@pytest.mark.usefixtures("legacy")
def test_a_draft_is_never_written_over_another_file(main: Main, folder: Path) -> None:
    (folder / "map.toml").write_text("mine")
    done = main("check", "legacy.xlsx", "--draft-mapping", "map.toml")
    assert (done.code, (folder / "map.toml").read_text()) == (2, "mine")
    assert done.err.endswith("campaign-loader: --draft-mapping: map.toml is there already: name a file that is not\n")
    (folder / "link.toml").symlink_to(folder / "nowhere.toml")
    assert "is there already" in main("check", "legacy.xlsx", "--draft-mapping", "link.toml").err
    assert not (folder / "nowhere.toml").exists()
    assert "could not be written" in main("check", "legacy.xlsx", "--draft-mapping", "map.toml/map.toml").err


@pytest.mark.usefixtures("legacy")
def test_a_profile_may_name_the_mapping(main: Main, folder: Path) -> None:
    (folder / "map.toml").write_text(MAPPING)
    (folder / "loader.toml").write_text('[profiles.old]\nmapping = "map.toml"\nmax_rows = 3\n')
    assert main("check", "legacy.xlsx", "--profile", "old").code == 0
    assert main("check", "legacy.xlsx", LOADER_MAPPING="map.toml").code == 0


def test_a_run_remembers_its_mapping(serve_aside: Callable[..., Sandbox], main: Main, legacy: Path) -> None:
    server = serve_aside()
    mapping = legacy.with_name("map.toml")
    mapping.write_text(MAPPING)
    command = ("run", "--yes", "legacy.xlsx", "--mapping", "map.toml", "--json")
    first = main(*command, "--limit", "2", host=server.url)
    assert (first.code, first.json["counts"]) == (4, {"Created": 2, "Not sent": 1})
    mapping.unlink()
    legacy.unlink()
    second = main("resume", "--yes", first.json["run"], "--json", host=server.url)
    assert (second.code, second.json["counts"], second.json["run"]) == (0, {"Created": 3}, first.json["run"])
    assert creates(server) == dict.fromkeys("ABC", 1)
    assert main("results", first.json["run"], "--json", host=server.url).code == 0


def test_another_mapping_makes_another_run(serve_aside: Callable[..., Sandbox], main: Main, legacy: Path) -> None:
    server = serve_aside()
    mapping = legacy.with_name("map.toml")
    mapping.write_text(MAPPING)
    first = main("run", "--yes", "legacy.xlsx", "--mapping", "map.toml", "--limit", "1", "--json", host=server.url)
    mapping.write_text(MAPPING.replace("Voice - IVR", "voice - ivr "))
    second = main("run", "--yes", "legacy.xlsx", "--mapping", "map.toml", "--limit", "1", "--json", host=server.url)
    assert first.json["run"] != second.json["run"]
    assert creates(server) == dict.fromkeys("AB", 1)


@pytest.mark.usefixtures("legacy")
def test_a_mapping_that_is_wrong_ends_with_2(main: Main, folder: Path) -> None:
    (folder / "map.toml").write_text('[headers]\n"A" = "B"\n')
    done = main("check", "legacy.xlsx", "--mapping", "map.toml", "--json")
    assert (done.code, done.json["exit_code"]) == (2, 2)
