"""A secret in `.env` is what was written there, or a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loader.config.settings import read_settings
from loader.errors import SettingsError
from tests.conftest import account_at

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "KORE_CLIENT_SECRET"


@pytest.fixture
def _account(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert folder.exists()
    for name, value in account_at("http://127.0.0.1:9").items():
        if name != SECRET:
            monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_account")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"{SECRET}=abc${{HOME}}def", "'${'"),
        (f"{SECRET}='abc${{HOME}}def'", "'${'"),
        (f'export {SECRET} = "abc${{X}}def"', "'${'"),
        ("LOADER_OUTPUT=${HOME}/out", "'${'"),
        (f"{SECRET}=abc #def", "single quotes"),
        ("kore_client_secret=abc\t# from the app", "single quotes"),
    ],
)
def test_what_would_be_cut_or_filled_in_is_refused(folder: Path, line: str, said: str) -> None:
    (folder / ".env").write_text(f"{SECRET}_FILE=\n{line}\n")
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert said in str(refused.value)
    assert "abc" not in str(refused.value)


@pytest.mark.usefixtures("_account")
@pytest.mark.parametrize(
    ("line", "value"),
    [
        (f"{SECRET}='abc #def'", "abc #def"),
        (f"{SECRET}=abc#def", "abc#def"),
        (f"{SECRET}=abc$HOME", "abc$HOME"),
        (f"{SECRET}=abc\n# ${{HOME}} #", "abc"),
        (f"{SECRET}=abc\nOTHER=${{HOME}} # of another program", "abc"),
        (f"{SECRET}=abc\nKORE_JWT_SUBJECT=me # a comment", "abc"),
    ],
)
def test_what_stands_as_it_was_written_is_read(folder: Path, line: str, value: str) -> None:
    (folder / ".env").write_text(f"{line}\n")
    assert read_settings().client_secret.get_secret_value() == value


@pytest.mark.usefixtures("_account")
def test_what_the_environment_sets_is_not_looked_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").write_text(f"{SECRET}=abc #def\n")
    monkeypatch.setenv(SECRET, "another")
    assert read_settings().client_secret.get_secret_value() == "another"


@pytest.mark.usefixtures("_account")
@pytest.mark.parametrize(
    "text", ["proxy:3128", "https://proxy:3128", "http://proxy", "http://u:p@proxy:3128/x", "http://:1"]
)
def test_a_proxy_that_is_none_is_refused_without_a_word_of_it(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(SECRET, "abc")
    monkeypatch.setenv("KORE_PROXY", text)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert str(refused.value) == ("settings:\n  KORE_PROXY: should be an address such as http://proxy.example.com:3128")
