"""Settings: from all places, all faults at once, never a secret."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from loader.config.settings import read_places, read_settings
from loader.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = {
    "KORE_HOST": "platform.kore.ai",
    "KORE_APP_ID": "st-1",
    "KORE_ACCOUNT_ID": "acc-1",
    "KORE_CLIENT_ID": "cs-1",
    "KORE_CLIENT_SECRET": "hush",
}


@pytest.fixture
def environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The working directory is empty, and the environment names an account."""
    assert list(folder.iterdir()) == []
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.usefixtures("environment")
def test_an_account_is_enough_and_the_rest_has_the_documented_values() -> None:
    settings = read_settings()
    assert settings.host == "https://platform.kore.ai"
    assert settings.client_secret.get_secret_value() == "hush"
    assert settings.api_version == "v1"
    assert settings.jwt_algorithm == "HS256"
    assert settings.rate_per_minute == 50
    assert settings.concurrency == 8
    assert settings.timeout_seconds == 30
    assert settings.settle_seconds == 60
    assert str(settings.output) == "output"
    assert settings.journal == "sqlite:///output/journal.db"
    assert str(settings.account) == "acc-1 at https://platform.kore.ai"
    assert settings.application == "st-1 at https://platform.kore.ai"


@pytest.mark.usefixtures("folder")
def test_everything_missing_or_wrong_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KORE_HOST", "http://platform.kore.ai")
    monkeypatch.setenv("KORE_APP_ID", "st 1")
    monkeypatch.setenv("KORE_API_VERSION", "v9")
    monkeypatch.setenv("LOADER_CONCURRENCY", "many")
    monkeypatch.setenv("LOADER_RATE_PER_MINUTE", "0")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert str(caught.value).splitlines() == [
        "settings:",
        "  KORE_API_VERSION: should be 'v1' or 'v2'",
        "  KORE_HOST: should begin with https://; plain http is for this machine only",
        "  KORE_APP_ID: should be an identifier without blanks",
        "  KORE_ACCOUNT_ID is missing",
        "  KORE_CLIENT_ID is missing",
        "  KORE_CLIENT_SECRET: is missing, and so is KORE_CLIENT_SECRET_FILE",
        "  LOADER_RATE_PER_MINUTE: should be greater than 0",
        "  LOADER_CONCURRENCY: should be a whole number",
    ]
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("KORE_HOST", "https://user:pass@platform.kore.ai", "should be a host name such as platform.kore.ai"),
        ("KORE_HOST", "platform.kore.ai/agentassist", "should be a host name such as platform.kore.ai"),
        ("KORE_HOST", "ftp://platform.kore.ai", "should be a host name such as platform.kore.ai"),
        (
            "KORE_HOST",
            "http://127.0.0.1.example.com",
            "should begin with https://; plain http is for this machine only",
        ),
        ("KORE_JWT_ALGORITHM", "none", "should be 'HS256', 'HS512', 'RS256' or 'RS512'"),
        ("LOADER_CONCURRENCY", "1000", "should be less than or equal to 256"),
        ("LOADER_CONCURRENCY", "2.5", "should be a whole number"),
        ("LOADER_COUNTRY", "Germany", "should be two letters such as US"),
        ("LOADER_TIMEOUT_SECONDS", "soon", "should be a number"),
        ("LOADER_SETTLE_SECONDS", "-1", "should be greater than or equal to 0"),
        ("LOADER_RATE_PER_MINUTE", "nan", "should be less than or equal to 6000000"),
        ("LOADER_PATIENCE_SECONDS", "nan", "should be less than or equal to 604800"),
        ("KORE_CLIENT_SECRET_EXPIRES", "soon", "should be a date such as 2027-01-31"),
        ("LOADER_TIMEOUT_SECONDS", "inf", "should be less than or equal to 600"),
    ],
)
def test_a_wrong_value_is_said_to_be_wrong_in_words(
    environment: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert str(caught.value) == f"settings:\n  {name}: {said}"


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("platform.kore.ai", "https://platform.kore.ai"),
        ("https://platform.kore.ai/", "https://platform.kore.ai"),
        (" https://platform.kore.ai ", "https://platform.kore.ai"),
        # one server, however it is spelled: campaigns are remembered by host
        ("Platform.Kore.AI", "https://platform.kore.ai"),
        ("https://platform.kore.ai:443", "https://platform.kore.ai"),
        ("HTTPS://platform.kore.ai:8443", "https://platform.kore.ai:8443"),
        ("http://localhost:8765", "http://localhost:8765"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:8765", "http://[::1]:8765"),
    ],
)
def test_a_host_has_one_spelling(environment: pytest.MonkeyPatch, given: str, host: str) -> None:
    environment.setenv("KORE_HOST", given)
    assert read_settings().host == host


def test_names_of_fields_are_no_settings_in_the_environment(environment: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "OUTPUT", "JOURNAL", "APP_ID", "CLIENT_SECRET", "CONCURRENCY"):
        environment.setenv(name, "7")
    assert read_settings().host == "https://platform.kore.ai"
    assert str(read_places().output) == "output"
    environment.delenv("KORE_HOST")
    with pytest.raises(SettingsError, match="KORE_HOST is missing"):
        read_settings()


def test_a_blank_in_the_environment_is_as_good_as_nothing(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LOADER_CONCURRENCY", "")
    environment.setenv("KORE_CLIENT_ID", "")
    with pytest.raises(SettingsError, match=r"^settings:\n  KORE_CLIENT_ID is missing$"):
        read_settings()


@pytest.mark.usefixtures("environment")
def test_a_file_of_settings_in_the_working_directory_is_read_and_the_environment_wins(folder: Path) -> None:
    (folder / ".env").write_text("KORE_APP_ID=st-of-the-file\nLOADER_CONCURRENCY=3\n# a comment\nOTHER=1\n")
    assert read_settings().app_id == "st-1"
    assert read_settings().concurrency == 3


@pytest.mark.usefixtures("environment")
def test_a_file_of_settings_that_cannot_be_read_is_reported(folder: Path) -> None:
    (folder / ".env").write_bytes(b"KORE_APP_ID=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"^\.env cannot be read: it is no text in UTF-8$"):
        read_settings()


@pytest.mark.usefixtures("environment")
def test_a_profile_wins_over_the_environment_and_an_option_over_both(folder: Path) -> None:
    (folder / "loader.toml").write_text('[profiles.eu]\nhost = "eu.kore.ai"\nconcurrency = 2\nrate_per_minute = 30\n')
    settings = read_settings("eu", rate_per_minute=10, output=None)
    assert settings.host == "https://eu.kore.ai"
    assert settings.concurrency == 2
    assert settings.rate_per_minute == 10
    assert settings.app_id == "st-1"


@pytest.mark.usefixtures("environment")
def test_the_secret_file_of_a_profile_wins_over_the_secret_of_the_environment(folder: Path) -> None:
    (folder / "eu.secret").write_text("of the profile\n")
    (folder / "loader.toml").write_text(f'[profiles.eu]\nclient_secret_file = "{folder}/eu.secret"\n')
    assert read_settings("eu").client_secret.get_secret_value() == "of the profile"
    assert read_settings().client_secret.get_secret_value() == "hush"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (None, "profile eu: there is no loader.toml in /"),
        ("[profiles.us]\n[profiles.in]\n", "loader.toml has no profile eu; it has: in, us"),
        ("", "loader.toml has no profile eu; it has: none"),
        ("profiles = 3", "loader.toml has no profile eu; it has: none"),
        ("[profiles", "loader.toml is not valid TOML: "),
        ("\udcff\udcfe", "profile eu: loader.toml cannot be read: it is no text in UTF-8"),
        ("[profiles.eu]\nhots = 1\n", "loader.toml, profile eu: unknown hots; known: output, journal, max_rows, "),
    ],
)
@pytest.mark.usefixtures("environment")
def test_what_is_wrong_with_a_profile_is_said(folder: Path, written: str | None, said: str) -> None:
    if written is not None:
        (folder / "loader.toml").write_text(written, errors="surrogateescape")
    with pytest.raises(SettingsError) as caught:
        read_settings("eu")
    assert str(caught.value).startswith(said)


@pytest.mark.usefixtures("environment")
def test_a_wrong_value_of_a_profile_is_reported_under_its_name_in_the_environment(folder: Path) -> None:
    (folder / "loader.toml").write_text("[profiles.eu]\nconcurrency = 0\n")
    with pytest.raises(SettingsError, match=r"^settings:\n  LOADER_CONCURRENCY: should be greater than or equal to 1$"):
        read_settings("eu")


def test_the_secret_can_stand_in_a_file_of_its_own(environment: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "my.secret").write_text("  hush from a file\n")
    environment.delenv("KORE_CLIENT_SECRET")
    environment.setenv("KORE_CLIENT_SECRET_FILE", str(folder / "my.secret"))
    assert read_settings().client_secret.get_secret_value() == "hush from a file"


def test_files_that_begin_with_a_byte_order_mark_are_read_as_well(
    environment: pytest.MonkeyPatch, folder: Path
) -> None:
    """PowerShell and Notepad write one."""
    for name, text in {
        ".env": "LOADER_CONCURRENCY=3\n",
        "loader.toml": "[profiles.eu]\ncanary = 2\n",
        "my.secret": "hush from a file\n",
    }.items():
        (folder / name).write_text(text, encoding="utf-8-sig")
    environment.delenv("KORE_CLIENT_SECRET")
    environment.setenv("KORE_CLIENT_SECRET_FILE", "my.secret")
    read = read_settings("eu")
    assert (read.concurrency, read.canary, read.client_secret.get_secret_value()) == (3, 2, "hush from a file")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"\xff\xfe", "cannot be read: it is no text in UTF-8"),
        (b" \n", "is empty"),
    ],
)
def test_a_secret_file_without_a_secret_is_named(
    environment: pytest.MonkeyPatch, folder: Path, content: bytes | None, why: str
) -> None:
    if content is not None:
        (folder / "my.secret").write_bytes(content)
    environment.delenv("KORE_CLIENT_SECRET")
    environment.setenv("KORE_CLIENT_SECRET_FILE", "my.secret")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert str(caught.value) == f"settings:\n  KORE_CLIENT_SECRET: its file my.secret (KORE_CLIENT_SECRET_FILE) {why}"


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """What the keyring of the system holds, by service and user."""
    secrets: dict[tuple[str, str], str] = {}

    class Memory(KeyringBackend):
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            if service == "locked":
                raise KeyringLocked("hush")
            return secrets.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            secrets[service, username] = password

    monkeypatch.setattr("keyring.core._keyring_backend", Memory())  # type: ignore[no-untyped-call]
    return secrets


@pytest.mark.usefixtures("environment")
def test_a_profile_says_where_its_secret_is_kept_and_the_environments_own_does_not_count(
    folder: Path, monkeypatch: pytest.MonkeyPatch, kept: dict[tuple[str, str], str]
) -> None:
    kept["campaign-loader", "in"] = "of the keyring"
    (folder / "us.secret").write_text("of a file")
    (folder / "loader.toml").write_text(
        '[profiles.eu]\nclient_secret_env = "EU_SECRET"\n'
        '[profiles.in]\nclient_secret_keyring = "campaign-loader/in"\n'
        '[profiles.us]\nclient_secret_file = "us.secret"\n'
        '[profiles.uk]\nclient_secret = "of the profile"\n'
    )
    monkeypatch.setenv("EU_SECRET", "of a variable")
    monkeypatch.setenv("KORE_CLIENT_SECRET_FILE", "none.secret")
    monkeypatch.setenv("KORE_CLIENT_SECRET_ENV", "NONE")
    assert {name: read_settings(name).client_secret.get_secret_value() for name in ("eu", "in", "us", "uk")} == {
        "eu": "of a variable",
        "in": "of the keyring",
        "us": "of a file",
        "uk": "of the profile",
    }


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ('client_secret_env = "NONE"', "the environment variable NONE (KORE_CLIENT_SECRET_ENV) is not set"),
        ('client_secret_keyring = "a/b"', "the keyring has nothing under a/b (KORE_CLIENT_SECRET_KEYRING)"),
        (
            'client_secret_keyring = "locked/b"',
            "the keyring (KORE_CLIENT_SECRET_KEYRING) cannot be read, is there one, and is it unlocked?",
        ),
        (
            'client_secret_keyring = "b"',
            "its name in the keyring (KORE_CLIENT_SECRET_KEYRING) should be SERVICE/USER, such as campaign-loader/eu",
        ),
    ],
)
@pytest.mark.usefixtures("environment", "kept")
def test_a_secret_that_is_not_where_it_is_said_to_be_is_named_with_all_else(
    folder: Path, reference: str, said: str
) -> None:
    (folder / "loader.toml").write_text(f"[profiles.eu]\nconcurrency = 0\n{reference}\n")
    with pytest.raises(SettingsError) as caught:
        read_settings("eu")
    assert str(caught.value).splitlines() == [
        "settings:",
        f"  KORE_CLIENT_SECRET: {said}",
        "  LOADER_CONCURRENCY: should be greater than or equal to 1",
    ]


def test_where_the_keyring_library_is_missing_it_is_said_how_to_get_it(environment: pytest.MonkeyPatch) -> None:
    environment.setitem(sys.modules, "keyring", None)
    assert read_settings().client_secret.get_secret_value() == "hush"
    environment.setenv("KORE_CLIENT_SECRET", "")
    environment.setenv("KORE_CLIENT_SECRET_KEYRING", "a/b")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert str(caught.value) == (
        "settings:\n  KORE_CLIENT_SECRET: KORE_CLIENT_SECRET_KEYRING needs the library keyring, which is not "
        "installed: pip install keyring"
    )


def test_no_message_and_no_printed_settings_hold_the_secret(environment: pytest.MonkeyPatch) -> None:
    assert "hush" not in repr(read_settings())
    environment.setenv("KORE_HOST", "not a host")
    environment.setenv("KORE_CLIENT_SECRET_FILE", "hush-hush")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.usefixtures("folder")
def test_places_need_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADER_OUTPUT", "results")
    assert str(read_places().output) == "results"
    assert read_places(journal="sqlite:///here.db").journal == "sqlite:///here.db"


@pytest.mark.parametrize(
    ("in_file", "in_environment", "secret"),
    [
        ("KORE_CLIENT_SECRET=of the file", {"KORE_CLIENT_SECRET_FILE": "my.secret"}, "my own"),
        ("KORE_CLIENT_SECRET=of the file", {"kore_client_secret_env": "MINE"}, "in mine"),
        ("KORE_CLIENT_SECRET_FILE=other.secret", {"KORE_CLIENT_SECRET": "hush"}, "hush"),
        ("KORE_CLIENT_SECRET_FILE=other.secret", {"KORE_CLIENT_SECRET_ENV": "MINE"}, "in mine"),
        ("KORE_CLIENT_SECRET_FILE=my.secret", {"KORE_CLIENT_SECRET": ""}, "my own"),
        ("KORE_CLIENT_SECRET=of the file", {}, "of the file"),
    ],
)
def test_where_the_environment_says_the_secret_is_the_file_of_settings_does_not_count(
    environment: pytest.MonkeyPatch, folder: Path, in_file: str, in_environment: dict[str, str], secret: str
) -> None:
    (folder / ".env").write_text(f"{in_file}\n")
    (folder / "my.secret").write_text("my own")
    environment.setenv("MINE", "in mine")
    environment.delenv("KORE_CLIENT_SECRET")
    for name, value in in_environment.items():
        environment.setenv(name, value)
    assert read_settings().client_secret.get_secret_value() == secret
