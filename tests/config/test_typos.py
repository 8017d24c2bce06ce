"""A typo in a setting is a sentence that names the setting, and never a defect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loader.config.settings import names, read_all_settings
from loader.errors import JournalError, SettingsError
from loader.storage.journal import open_journal

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {
    "KORE_HOST": "platform.kore.ai",
    "KORE_APP_ID": "a",
    "KORE_ACCOUNT_ID": "b",
    "KORE_CLIENT_ID": "c",
    "KORE_CLIENT_SECRET": "d" * 40,
}
TYPOS = (
    *("platform..kore.ai", ".kore.ai", "kore.ai.", "https://x.ai:99999", "https://x.ai:0", "x.ai:", "https://[::1"),
    *("https://u:p@x.ai", "-x.ai", "x-.ai", "a" * 64 + ".ai", "https://\u00fc.ai", "://", "[", "x.ai,y.ai", "x ai"),
    *("sqlite://u:pw@h/db", "\x1b[31m", "a" * 300, "1e400", "nan", "-0", "0x10", "\u0663", "1,5", "true", "{}", "[]"),
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("setting", sorted(names().values()))
def test_whatever_a_setting_is_set_to_it_is_taken_or_refused_by_name(
    setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for typo in TYPOS:
        monkeypatch.setenv(setting, typo)
        try:
            read_all_settings()
        except SettingsError as error:
            assert setting in str(error) or setting.removesuffix("_FILE") in str(error)  # noqa: PT017 - most are refused


@pytest.mark.parametrize("host", [typo for typo in TYPOS[:18] if typo != "x.ai,y.ai"])
@pytest.mark.parametrize("setting", ["KORE_HOST", "LOADER_SMTP_HOST"])
def test_what_is_no_host_name_is_refused(setting: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(setting, host)
    with pytest.raises(SettingsError, match=setting):
        read_all_settings()


@pytest.mark.parametrize("host", ["smtp.example.com", "localhost", "10.0.0.7", "127.0.0.1", "mail", "mail_server"])
def test_a_host_name_is_taken(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADER_SMTP_HOST", host)
    monkeypatch.setenv("KORE_HOST", host)
    assert read_all_settings().smtp_host == host


@pytest.mark.parametrize(
    "url",
    [
        *("sqlite://u:pw@h/db", "sqlite://h:x/db", "sqlite://h/db", "sqlite:///a\0b", "sqlite:///a.db?timeout=x"),
        *("sqlite://", "sqlite", "postgresql://u:pw@h/db", "", "sqlite:///:memory:"),
    ],
)
def test_a_journal_that_is_no_file_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(JournalError, match="LOADER_JOURNAL") as refused:
        open_journal(url)
    assert "pw" not in str(refused.value)


def test_an_smtp_host_may_be_an_address_of_version_6(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADER_SMTP_HOST", "::1")
    assert read_all_settings().smtp_host == "::1"
