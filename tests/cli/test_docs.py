"""`campaign-loader docs`: the reference on the terminal and through a pipe."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from loader.cli.commands.docs import TOPICS
from loader.cli.output import markdown_page
from tests.docs.pages import PAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Main


def test_every_page_has_a_topic() -> None:
    assert PAGES.keys() == TOPICS.keys()


def test_without_a_topic_it_lists_all(main: Main) -> None:
    ended = main("docs")
    assert [line.split("  ")[0] for line in ended.out.splitlines()] == list(TOPICS)
    assert ended.err == "To read one: campaign-loader docs TOPIC\n"


@pytest.mark.parametrize("topic", TOPICS)
def test_through_a_pipe_a_page_is_the_markdown_itself(topic: str, main: Main) -> None:
    assert main("docs", topic).out == PAGES[topic]


def test_a_topic_that_is_not_there_is_said_with_those_that_are(main: Main) -> None:
    ended = main("docs", "colums")
    assert ended.code == 2
    assert ended.err == f"campaign-loader: there is no page 'colums'; there are: {', '.join(TOPICS)}\n"


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], list[str]]:
    """A page as a terminal of so many columns gets it: its lines, without styles."""

    def shown(topic: str, columns: int) -> list[str]:
        written = StringIO()
        monkeypatch.setattr(markdown_page, "OUT", Console(file=written, force_terminal=True, width=columns))
        monkeypatch.setattr("pydoc.pager", written.write)
        markdown_page.show_page(PAGES[topic])
        assert "\x1b[" in written.getvalue()
        return [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in written.getvalue().splitlines()]

    return shown


@pytest.mark.parametrize("columns", [80, 120, 200])
@pytest.mark.parametrize("topic", TOPICS)
def test_on_a_terminal_no_word_is_cut_off_and_no_line_is_too_long(
    topic: str, columns: int, on_a_terminal: Callable[[str, int], list[str]]
) -> None:
    lines = on_a_terminal(topic, columns)
    assert max(map(len, lines)) <= min(columns, 120)
    there = "".join("".join(lines).split())
    text = re.sub(r"^\|.*\n\|[-|]+$|^ *```.*$|\]\([^)]*\)|[`*|#>\[\]]", " ", PAGES[topic], flags=re.MULTILINE)
    assert [word for word in text.split() if word.removeprefix("-") not in there and word not in there] == []


def test_a_table_without_room_is_a_list_and_one_with_room_is_a_table(
    on_a_terminal: Callable[[str, int], list[str]],
) -> None:
    narrow, wide = on_a_terminal("settings", 80), on_a_terminal("nightly", 120)
    assert "KORE_APP_ID\n    in a profile: app_id\n    default: required" in "\n".join(narrow)
    assert any(
        re.fullmatch(r"campaign_loader_nightly_files +workbooks by place: done, failed, left", it) for it in wide
    )


def test_a_link_to_another_page_names_the_command_that_shows_it(
    on_a_terminal: Callable[[str, int], list[str]],
) -> None:
    shown = " ".join(on_a_terminal("commands", 120))
    assert "(docs json)" in shown
    assert ".md" not in shown
