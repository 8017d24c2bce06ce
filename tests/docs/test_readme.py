"""The README can be read in one sitting, and its commands, its output and its links are those of the program."""

from __future__ import annotations

import re
import shlex

import pytest

from loader.cli.commands.docs import TOPICS
from loader.config.settings import AllSettings
from loader.model.row import Status
from tests.docs.pages import EVERYWHERE, PAGES, README, ROOT, blocks, coded, headings, rows, section
from tests.docs.test_reference import COMMANDS, options


def test_it_can_be_read_in_one_sitting() -> None:
    assert len(README.encode()) <= 10 * 1024


def test_the_first_thing_it_shows_is_the_two_commands() -> None:
    demo, tests = list(blocks(README, "sh"))[:2]
    assert demo == "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/campaign-loader demo\n"
    assert tests == "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest\n"


# what cmd.exe and sh understand and PowerShell 5.1 does not, or takes for something else: chains, redirections, line
# continuations, variables, expressions, arrays and splatting, patterns of file names
_NOT_IN_EVERY_SHELL = re.compile(r"[&|<>`\\$(){}@,*;^~]|^\w+=|^(export|source|sudo|set)\b", re.MULTILINE)
_NOT_IN_POWERSHELL = re.compile(r"&&|\|\||[<`\^]|\\$|\bexport\b|/bin/|^\w+=|\$(?!env:Path\b|PWD\b)", re.MULTILINE)


def test_what_is_said_to_be_the_same_in_every_shell_is_so_in_powershell() -> None:
    _, same, below = README.partition("All commands below are the same in every shell.")
    assert same
    commands = list(blocks(below, "sh"))
    assert len(commands) >= 6
    for lines in commands:
        without_quoted = re.sub(r"'[^'\n]*'|\"[^\"$`\n]*\"", "quoted", lines)
        assert not _NOT_IN_EVERY_SHELL.search(without_quoted), lines


@pytest.mark.parametrize("page", EVERYWHERE)
def test_what_is_for_powershell_is_understood_by_version_5(page: str) -> None:
    for lines in blocks(EVERYWHERE[page], "powershell"):
        assert not _NOT_IN_POWERSHELL.search(lines), lines


def test_both_ways_to_begin_are_shown_for_powershell_too() -> None:
    begin, path = blocks(README, "powershell")
    assert begin == r"py -m venv .venv; .venv\Scripts\pip install .; .venv\Scripts\campaign-loader demo" + "\n"
    assert path == r'$env:Path = "$PWD\.venv\Scripts;$env:Path"' + "\n"


def test_the_bounds_of_the_promise_are_the_numbers_of_the_settings() -> None:
    defaults = {name: AllSettings.model_fields[name].default for name in ("timeout_seconds", "settle_seconds")}
    bound = sum(defaults.values())
    assert f"later than {bound} seconds after" in section(README, "## The promise")
    bounds = section(PAGES["proof"], "## The bounds of the promise")
    assert f"`LOADER_TIMEOUT_SECONDS` ({defaults['timeout_seconds']} by default)" in bounds
    assert f"`LOADER_SETTLE_SECONDS` ({defaults['settle_seconds']})" in bounds
    assert f"timeout + settle, {bound} seconds by default" in bounds
    told = {coded(name)[0]: meaning for name, *_, meaning in rows(PAGES["settings"])}
    assert f"timeout + settle, {bound} s by default" in told["LOADER_SETTLE_SECONDS"]
    assert "#the-bounds-of-the-promise" in told["LOADER_TIMEOUT_SECONDS"]


def test_it_says_what_to_do_about_every_status_and_every_exit_code() -> None:
    text = section(README, "## What to do when")
    by_status, by_code = text.split("[exit code]")
    assert {coded(status)[0] for status, _ in rows(by_status)} == set(Status) - {Status.CREATED}
    known = {int(coded(code)[0]) for code, _ in rows(section(PAGES["commands"], "## Exit codes"))}
    assert {int(code) for codes, *_ in rows(by_code) for code in coded(codes)} == known


def test_it_leads_to_every_page() -> None:
    assert [
        re.findall(r"^\[(\w+)\]\(loader/docs/(\w+)\.md\)$", page) for page, _ in rows(section(README, "## More"))
    ] == [[(name, name)] for name in TOPICS]


@pytest.mark.parametrize("page", EVERYWHERE)
def test_every_link_leads_to_a_heading(page: str) -> None:
    for target in re.findall(r"\]\(([^)]*)\)", EVERYWHERE[page]):
        path, _, anchor = target.partition("#")
        if path.startswith(".github/"):
            assert (ROOT / path).exists(), target
            continue
        if page == "README":
            assert path.startswith("loader/docs/"), target
        other = path.removeprefix("loader/docs/").removesuffix(".md") or page
        assert other in EVERYWHERE, f"{page} leads to {target}"
        if anchor:
            assert anchor in map(anchor_of, headings(EVERYWHERE[other])), f"{page} leads to {target}"


def anchor_of(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lstrip("# ").lower()).replace(" ", "-")


@pytest.mark.parametrize("page", EVERYWHERE)
def test_every_command_in_an_example_exists(page: str) -> None:
    examples = [line for block in blocks(EVERYWHERE[page], "sh") for line in block.splitlines()]
    for words in (shlex.split(line) for line in examples if line.startswith("campaign-loader")):
        known = {option.split(" ")[0] for option in options(words[1])}
        assert {word for word in words if word.startswith("--")} <= known, words
    for span in coded(EVERYWHERE[page]):
        if (found := re.match(r"campaign-loader ([a-z]\S*)", span)) is not None:
            assert found[1] in COMMANDS, span
        if (found := re.match(r"(--[a-z-]+)", span)) and found[1] not in ("--help", "--version"):
            assert any(found[1] in {it.split(" ")[0] for it in options(name)} for name in COMMANDS), span


@pytest.mark.parametrize("page", EVERYWHERE)
def test_no_page_names_a_path_or_host_of_ours(page: str) -> None:
    assert not re.findall(r"/(?:home|root|usr|work|tmp|opt)/", EVERYWHERE[page])
    assert not re.findall(r"https?://(?!127\.0\.0\.1|platform\.kore\.ai|`)\S+", EVERYWHERE[page])
