"""Whom a night is told to: what may be set, and that no secret of it is ever said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loader.config.settings import read_notices, read_settings
from loader.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

HOOK = "https://hooks.example.com/services/hush"
MAIL = {
    "LOADER_NOTIFY_EMAIL_TO": "a@example.com, b@example.com",
    "LOADER_NOTIFY_EMAIL_FROM": "night@example.com",
    "LOADER_SMTP_HOST": "mail.example.com",
}

pytestmark = pytest.mark.usefixtures("folder")


def test_nobody_is_notified_where_nothing_is_set() -> None:
    notices = read_notices()
    assert notices.notify_webhook is None
    assert notices.notify_email_to is None
    assert notices.notify_rejected_percent == 10
    assert notices.notify_longer_than_minutes is None


def test_they_can_be_read_where_the_account_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADER_NOTIFY_WEBHOOK", HOOK)
    with pytest.raises(SettingsError, match="KORE_HOST is missing"):
        read_settings()
    webhook = read_notices().notify_webhook
    assert webhook is not None
    assert webhook.get_secret_value() == HOOK
    assert "hush" not in repr(read_notices())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("hooks.example.com/hush", "should be a URL that begins with https://"),
        ("ftp://hooks.example.com/hush", "should be a URL that begins with https://"),
        ("https://", "should be a URL that begins with https://"),
        ("https://hooks.example.com:hush/x", "should be a URL that begins with https://"),
        ("https://[hush/x", "should be a URL that begins with https://"),
        ("https://hooks.example.com/hush\nhost: other", "should be a URL that begins with https://"),
        ("http://hooks.example.com/hush", "should begin with https://; plain http is for this machine only"),
        ("http://127.0.0.1.example.com/hush", "should begin with https://; plain http is for this machine only"),
    ],
)
def test_a_webhook_is_https_and_is_not_said(monkeypatch: pytest.MonkeyPatch, url: str, said: str) -> None:
    monkeypatch.setenv("LOADER_NOTIFY_WEBHOOK", url)
    with pytest.raises(SettingsError) as caught:
        read_notices()
    assert str(caught.value) == f"settings:\n  LOADER_NOTIFY_WEBHOOK: {said}"


@pytest.mark.parametrize("url", [HOOK, "http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]:1/x"])
def test_plain_http_is_for_this_machine(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("LOADER_NOTIFY_WEBHOOK", url)
    assert read_notices().notify_webhook


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"LOADER_NOTIFY_EMAIL_FROM": ""}, "LOADER_NOTIFY_EMAIL_FROM: is missing, and LOADER_NOTIFY_EMAIL_TO is set"),
        ({"LOADER_SMTP_HOST": ""}, "LOADER_SMTP_HOST: is missing, and LOADER_NOTIFY_EMAIL_TO is set"),
        ({"LOADER_NOTIFY_EMAIL_TO": "a@example.com, b"}, "LOADER_NOTIFY_EMAIL_TO: should be an address such as night@"),
        ({"LOADER_NOTIFY_EMAIL_FROM": "a@b\nBcc: c@d"}, "LOADER_NOTIFY_EMAIL_FROM: should be an address such as night"),
        ({"LOADER_SMTP_TLS": "none"}, "LOADER_SMTP_TLS: should be starttls or tls; none is for this machine only"),
        ({"LOADER_SMTP_TLS": "ssl"}, "LOADER_SMTP_TLS: should be 'starttls', 'tls' or 'none'"),
        ({"LOADER_SMTP_PASSWORD": "hush"}, "LOADER_SMTP_PASSWORD: is set, and LOADER_SMTP_USER is missing"),
        ({"LOADER_SMTP_PORT": "70000"}, "LOADER_SMTP_PORT: should be less than or equal to 65535"),
        (
            {"LOADER_NOTIFY_REJECTED_PERCENT": "101"},
            "LOADER_NOTIFY_REJECTED_PERCENT: should be less than or equal to 1",
        ),
    ],
)
def test_half_a_mail_server_is_not_one(monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], said: str) -> None:
    for name, value in {**MAIL, **changes}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        read_notices()
    assert str(caught.value).startswith(f"settings:\n  {said}")
    assert "hush" not in str(caught.value)


def test_secrets_can_stand_in_files_of_their_own(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "webhook.secret").write_text(f"{HOOK}\n")
    (folder / "mail.secret").write_text("hush\n")
    for name, value in {**MAIL, "LOADER_SMTP_USER": "night", "LOADER_SMTP_PASSWORD_FILE": "mail.secret"}.items():
        monkeypatch.setenv(name, value)
    # a profile wins, also over a secret in the environment
    monkeypatch.setenv("LOADER_NOTIFY_WEBHOOK", "https://hooks.example.com/another")
    (folder / "loader.toml").write_text('[profiles.eu]\nnotify_webhook_file = "webhook.secret"\n')
    notices = read_notices("eu")
    assert notices.notify_webhook is not None
    assert notices.notify_webhook.get_secret_value() == HOOK
    assert notices.smtp_password is not None
    assert notices.smtp_password.get_secret_value() == "hush"
    (folder / "webhook.secret").write_text(" \n")
    with pytest.raises(SettingsError, match=r"its file webhook.secret \(LOADER_NOTIFY_WEBHOOK_FILE\) is empty"):
        read_notices("eu")
    (folder / "webhook.secret").unlink()
    with pytest.raises(SettingsError, match=r"its file webhook.secret \(LOADER_NOTIFY_WEBHOOK_FILE\) cannot be read"):
        read_notices("eu")
