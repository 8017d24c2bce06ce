"""A text file that is not in UTF-8: shown to whoever is asked, and refused where nobody is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.load_runs import creates
from tests.sheets import row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loader.sandbox.server import Sandbox
    from tests.conftest import Main

NOT_UTF_8 = "calls.csv is not in UTF-8: save it as 'CSV UTF-8', or name its encoding, such as --encoding windows-1252."


@pytest.fixture
def german(folder: Path) -> Path:
    one = row("Süd")
    lines = [";".join(one), ";".join(f'"{value}"' for value in one.values())]
    file = folder / "calls.csv"
    file.write_bytes("\r\n".join(lines).encode("cp1252"))
    return file


@pytest.mark.usefixtures("german")
def test_a_check_shows_what_a_guess_has_made_of_it(main: Main) -> None:
    done = main("check", "calls.csv", "--json")
    assert (done.code, done.json["valid"]) == (0, 1)
    (warning,) = done.json["problems"]
    assert "is read as Windows-1252 (A2 'Süd')" in warning["wrong"]
    assert main("check", "calls.csv", "--encoding", "Windows-1252", "--json").json["problems"] == []


@pytest.mark.usefixtures("german")
def test_a_run_that_asks_nobody_guesses_nothing(serve_aside: Callable[..., Sandbox], main: Main) -> None:
    server = serve_aside()
    done = main("run", "calls.csv", "--yes", host=server.url)
    assert (done.code, NOT_UTF_8 in done.err.replace("\n", " ")) == (3, True)
    assert creates(server) == {}
    assert main("run", "calls.csv", "--yes", "--encoding", "windows-1252", host=server.url).code == 0
    assert creates(server) == {"Süd": 1}
    assert main("run", "calls.csv", "--yes", host=server.url, LOADER_ENCODING="cp1252").code == 0


@pytest.mark.usefixtures("german")
def test_an_encoding_that_is_none_is_a_sentence(main: Main) -> None:
    done = main("check", "calls.csv", "--encoding", "windows-1525")
    assert (done.code, done.out) == (2, "")
    assert "should be an encoding such as windows-1252" in done.err
