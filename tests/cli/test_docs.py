"""`campaign-loader docs`: the reference on the terminal and through a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loader.cli.commands.docs import TOPICS
from tests.docs.pages import PAGES

if TYPE_CHECKING:
    from tests.conftest import Main


def test_every_page_has_a_topic() -> None:
    assert PAGES.keys() == TOPICS.keys()


def test_without_a_topic_it_lists_all(main: Main) -> None:
    ended = main("docs")
    assert [line.split("  ")[0] for line in ended.out.splitlines()] == list(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_through_a_pipe_a_page_is_the_markdown_itself(topic: str, main: Main) -> None:
    assert main("docs", topic).out == PAGES[topic]


def test_a_topic_that_is_not_there_is_said_with_those_that_are(main: Main) -> None:
    ended = main("docs", "colums")
    assert ended.code == 2
    assert ended.err == f"campaign-loader: there is no page 'colums'; there are: {', '.join(TOPICS)}\n"
