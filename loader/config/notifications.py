"""Who is notified after a night, and of what."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|\[?::1\]?")
HOST_NAME = re.compile(r"(?=.{1,253}$)(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))*|\[::1\]", re.ASCII)
_ADDRESS = re.compile(r"[^\s@,<>]+@[^\s@,<>]+")


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("should be an address such as night@example.com")
    return text


def _addresses(text: str) -> str:
    if not all(_ADDRESS.fullmatch(it.strip()) for it in text.split(",")):
        raise ValueError("should be an address such as night@example.com, or several separated by commas")
    return text


def _url(secret: SecretStr) -> SecretStr:
    """The whole of it is a secret: whoever has it can write into the channel."""
    text = secret.get_secret_value()
    try:
        url = urlsplit(text)
        sound = url.port != 0 and url.scheme in ("https", "http") and url.hostname and text.isascii()
    except ValueError:  # its own words quote the URL
        sound = False
    if not sound or not text.isprintable() or " " in text:
        raise ValueError("should be a URL that begins with https://")
    if url.scheme == "http" and not LOOPBACK.fullmatch(url.hostname or ""):
        raise ValueError("should begin with https://; plain http is for this machine only")
    return secret


def _host_name(text: str) -> str:
    if HOST_NAME.fullmatch(text):
        return text
    try:
        return str(ip_address(text))  # of version 6
    except ValueError as error:
        raise ValueError("should be a host name such as smtp.example.com, without a port") from error


Address = Annotated[str, AfterValidator(_address)]
Addresses = Annotated[str, AfterValidator(_addresses)]
HostName = Annotated[str, AfterValidator(_host_name)]


def secret_or_file(secret: SecretStr | None, path: Path | None, setting: str) -> SecretStr | None:
    """The secret itself, or what its file holds; `setting` names the file in a message."""
    if (secret is not None and secret.get_secret_value()) or path is None:
        return secret
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        raise ValueError(f"its file {path} ({setting}) cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"its file {path} ({setting}) cannot be read: it is no text in UTF-8") from error
    if not text:
        raise ValueError(f"its file {path} ({setting}) is empty")
    return SecretStr(text)


class FromEnvironment(BaseSettings):
    """How all settings are read."""

    # not populate_by_name: the environment's own HOST or OUTPUT would count as ours
    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)


class Notices(FromEnvironment):
    """Nobody is notified where neither a webhook nor an address is set."""

    notify_webhook_file: Annotated[Path | None, Field(alias="LOADER_NOTIFY_WEBHOOK_FILE")] = None
    notify_webhook: Annotated[SecretStr | None, Field(alias="LOADER_NOTIFY_WEBHOOK", validate_default=True)] = None
    notify_webhook_kind: Annotated[Literal["slack", "generic"], Field(alias="LOADER_NOTIFY_WEBHOOK_KIND")] = "slack"
    notify_email_to: Annotated[Addresses | None, Field(alias="LOADER_NOTIFY_EMAIL_TO")] = None
    notify_email_from: Annotated[Address | None, Field(alias="LOADER_NOTIFY_EMAIL_FROM", validate_default=True)] = None
    smtp_host: Annotated[
        Annotated[str, AfterValidator(_host_name)] | None, Field(alias="LOADER_SMTP_HOST", validate_default=True)
    ] = None
    smtp_port: Annotated[int | None, Field(alias="LOADER_SMTP_PORT", ge=1, le=65_535)] = None
    smtp_tls: Annotated[Literal["starttls", "tls", "none"], Field(alias="LOADER_SMTP_TLS")] = "starttls"
    smtp_user: Annotated[str | None, Field(alias="LOADER_SMTP_USER")] = None
    smtp_password_file: Annotated[Path | None, Field(alias="LOADER_SMTP_PASSWORD_FILE")] = None
    smtp_password: Annotated[SecretStr | None, Field(alias="LOADER_SMTP_PASSWORD", validate_default=True)] = None
    notify_ping_file: Annotated[Path | None, Field(alias="LOADER_NOTIFY_PING_FILE")] = None
    notify_ping: Annotated[SecretStr | None, Field(alias="LOADER_NOTIFY_PING", validate_default=True)] = None
    notify_rejected_percent: Annotated[float, Field(alias="LOADER_NOTIFY_REJECTED_PERCENT", ge=0, le=100)] = 10
    notify_longer_than_minutes: Annotated[float | None, Field(alias="LOADER_NOTIFY_LONGER_THAN_MINUTES", gt=0)] = None

    @field_validator("notify_ping")
    @classmethod
    def _ping(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        secret = secret_or_file(secret, info.data.get("notify_ping_file"), "LOADER_NOTIFY_PING_FILE")
        return secret and _url(secret)

    @field_validator("notify_webhook")
    @classmethod
    def _webhook(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        secret = secret_or_file(secret, info.data.get("notify_webhook_file"), "LOADER_NOTIFY_WEBHOOK_FILE")
        return secret and _url(secret)

    @field_validator("smtp_password")
    @classmethod
    def _password(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        secret = secret_or_file(secret, info.data.get("smtp_password_file"), "LOADER_SMTP_PASSWORD_FILE")
        if secret and not info.data.get("smtp_user"):
            raise ValueError("is set, and LOADER_SMTP_USER is missing")
        return secret

    @field_validator("notify_email_from", "smtp_host")
    @classmethod
    def _needed_for_mail(cls, text: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("notify_email_to") and not text:
            raise ValueError("is missing, and LOADER_NOTIFY_EMAIL_TO is set")
        return text

    @field_validator("smtp_tls")
    @classmethod
    def _in_the_clear(cls, kind: str, info: ValidationInfo) -> str:
        if kind == "none" and not LOOPBACK.fullmatch(info.data.get("smtp_host") or "localhost"):
            raise ValueError("should be starttls or tls; none is for this machine only")
        return kind
