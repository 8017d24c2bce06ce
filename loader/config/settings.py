"""Settings: the environment, a `.env` file, or a profile of `loader.toml`; never a secret in a message."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator

from loader.config.dotenv import refuse_misread
from loader.config.notifications import HOST_NAME, LOOPBACK, FromEnvironment, Notices, secret_or_file
from loader.config.proxy import proxy_url
from loader.config.secret_sources import from_environment, from_keyring
from loader.errors import SettingsError
from loader.model.encodings import codec_of
from loader.model.limits import MOST_COLUMNS, MOST_INFLATED_MB, MOST_ROWS, Limits
from loader.model.records import Account

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

PROFILES = Path("loader.toml")
VERIFY_SECONDS = 120
_USUAL_PORTS, _HIGHEST_PORT = {"https": ":443", "http": ":80"}, 65_535


def _host(text: str) -> str:
    """Scheme and name of the server, from either spelling of it (API reference, 9.18)."""
    text = text.strip().rstrip("/")
    try:
        url = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError as error:  # brackets that are no address
        raise ValueError("should be a host name such as platform.kore.ai") from error
    port = re.search(r":([0-9]{1,5})$", url.netloc)
    name = url.netloc[: port.start()] if port else url.netloc
    if url.scheme not in ("https", "http") or not HOST_NAME.fullmatch(name) or url.path or url.query or url.fragment:
        raise ValueError("should be a host name such as platform.kore.ai")
    if port and not 1 <= int(port[1]) <= _HIGHEST_PORT:
        raise ValueError(f"has a port that is none: they go from 1 to {_HIGHEST_PORT}")
    if url.scheme == "http" and not LOOPBACK.fullmatch(name):
        raise ValueError("should begin with https://; plain http is for this machine only")
    # one spelling of it: campaigns are remembered by host and application
    return f"{url.scheme}://{url.netloc.lower().removesuffix(_USUAL_PORTS[url.scheme])}"


def _codec(name: str | None) -> str | None:
    return None if name is None else codec_of(name)


def _word(text: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        raise ValueError("should be an identifier without blanks")
    return text


Identifier = Annotated[str, AfterValidator(_word)]


class Places(FromEnvironment):
    """Where results and the journal are, and what sheets may be like: all that is needed where no request leaves."""

    output: Annotated[Path, Field(alias="LOADER_OUTPUT")] = Path("output")
    journal: Annotated[str, Field(alias="LOADER_JOURNAL")] = "sqlite:///output/journal.db"
    max_rows: Annotated[int, Field(alias="LOADER_MAX_ROWS", ge=1, le=1_048_576)] = MOST_ROWS
    max_columns: Annotated[int, Field(alias="LOADER_MAX_COLUMNS", ge=1, le=16_384)] = MOST_COLUMNS
    max_inflated_mb: Annotated[int, Field(alias="LOADER_MAX_INFLATED_MB", ge=1, le=4_000)] = MOST_INFLATED_MB
    mapping: Annotated[Path | None, Field(alias="LOADER_MAPPING")] = None
    country: Annotated[str | None, Field(alias="LOADER_COUNTRY", pattern="^[A-Za-z]{2}$")] = None
    sheets: Annotated[str | None, Field(alias="LOADER_SHEETS")] = None
    ignore_sheets: Annotated[str | None, Field(alias="LOADER_IGNORE_SHEETS")] = None
    encoding: Annotated[str | None, AfterValidator(_codec), Field(alias="LOADER_ENCODING")] = None
    page_days: Annotated[int, Field(alias="LOADER_PAGE_DAYS", ge=1, le=3_650)] = 30
    quiet_seconds: Annotated[float, Field(alias="LOADER_QUIET_SECONDS", ge=0, le=86_400)] = 5
    prune_days: Annotated[int, Field(alias="LOADER_PRUNE_DAYS", ge=0, le=36_500)] = 400
    # what a sheet may hold depends on it
    api_version: Annotated[Literal["v1", "v2"], Field(alias="KORE_API_VERSION")] = "v1"

    @property
    def limits(self) -> Limits:
        """How large a workbook may be."""
        return Limits(self.max_rows, self.max_columns, self.max_inflated_mb)


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a run waits, and for what."""

    timeout: timedelta
    """So long after an attempt the server is done with it."""
    settle: timedelta
    """A campaign that the server does not show after this time is not there."""
    patience: timedelta
    """So long a run goes on without a good answer, and sends a row again of which the server makes nothing."""
    verify: timedelta
    """So long created campaigns are looked at until they are ready; zero: not at all."""


class Settings(Places):
    """All that a run needs. Who is notified is no part of it: a mistake there keeps no row from being sent."""

    host: Annotated[str, AfterValidator(_host), Field(alias="KORE_HOST")]
    proxy: Annotated[SecretStr | None, AfterValidator(proxy_url), Field(alias="KORE_PROXY")] = None
    app_id: Annotated[Identifier, Field(alias="KORE_APP_ID")]
    account_id: Annotated[Identifier, Field(alias="KORE_ACCOUNT_ID")]
    client_id: Annotated[Identifier, Field(alias="KORE_CLIENT_ID")]
    client_secret_file: Annotated[Path | None, Field(alias="KORE_CLIENT_SECRET_FILE")] = None
    client_secret_env: Annotated[str | None, Field(alias="KORE_CLIENT_SECRET_ENV")] = None
    client_secret_keyring: Annotated[str | None, Field(alias="KORE_CLIENT_SECRET_KEYRING")] = None
    client_secret: Annotated[SecretStr, Field(alias="KORE_CLIENT_SECRET", validate_default=True)] = SecretStr("")
    client_secret_expires: Annotated[date | None, Field(alias="KORE_CLIENT_SECRET_EXPIRES")] = None
    jwt_algorithm: Annotated[Literal["HS256", "HS512", "RS256", "RS512"], Field(alias="KORE_JWT_ALGORITHM")] = "HS256"
    jwt_subject: Annotated[Identifier, Field(alias="KORE_JWT_SUBJECT")] = "campaign-loader"
    rate_per_minute: Annotated[float, Field(alias="LOADER_RATE_PER_MINUTE", gt=0, le=6_000_000)] = 50
    concurrency: Annotated[int, Field(alias="LOADER_CONCURRENCY", ge=1, le=256)] = 8
    timeout_seconds: Annotated[float, Field(alias="LOADER_TIMEOUT_SECONDS", gt=0, le=600)] = 30
    settle_seconds: Annotated[float, Field(alias="LOADER_SETTLE_SECONDS", ge=0, le=3600)] = 60
    patience_seconds: Annotated[float, Field(alias="LOADER_PATIENCE_SECONDS", ge=0, le=604_800)] = 1800
    canary: Annotated[int | None, Field(alias="LOADER_CANARY", ge=0)] = None
    verify_seconds: Annotated[float, Field(alias="LOADER_VERIFY_SECONDS", ge=0, le=86_400)] = VERIFY_SECONDS

    @field_validator("client_secret")
    @classmethod
    def _from_its_source(cls, secret: SecretStr, info: ValidationInfo) -> SecretStr:
        secret = secret_or_file(secret, info.data.get("client_secret_file"), "KORE_CLIENT_SECRET_FILE") or secret
        if secret.get_secret_value():
            return secret
        if name := info.data.get("client_secret_env"):
            return SecretStr(from_environment(name, "KORE_CLIENT_SECRET_ENV"))
        if name := info.data.get("client_secret_keyring"):
            return SecretStr(from_keyring(name, "KORE_CLIENT_SECRET_KEYRING"))
        raise ValueError("is missing, and so is KORE_CLIENT_SECRET_FILE")

    @property
    def timing(self) -> Timing:
        seconds = (self.timeout_seconds, self.settle_seconds, self.patience_seconds, self.verify_seconds)
        return Timing(*(timedelta(seconds=it) for it in seconds))

    @property
    def account(self) -> Account:
        """What the rate limit belongs to, and what one run holds at a time."""
        return Account(self.account_id, self.host)

    @property
    def application(self) -> str:
        """What campaign names belong to: the same application id on another host is another application."""
        return f"{self.app_id} at {self.host}"


class AllSettings(Notices, Settings):
    """Every setting under its name in the environment; in a profile it goes by the name of the field."""


def names() -> dict[str, str]:
    """Names in the environment by field."""
    return {field: str(info.alias) for field, info in AllSettings.model_fields.items()}


def read_settings(profile: str | None = None, **chosen: object) -> Settings:
    """Settings from all places; `chosen` ones win, then those of the profile asked for.

    A profile wins over the environment: it is named on the command line, and half an account of one mixed with half
    of another would load campaigns into the wrong place.

    Raises:
        SettingsError: names every setting that is missing or wrong, and no value of a secret.
    """
    return _read(Settings, profile, chosen)


def read_all_settings(profile: str | None = None) -> AllSettings:
    """The same, with who is notified of a night: for commands that report every mistake at once."""
    return _read(AllSettings, profile, {})


def read_places(profile: str | None = None, env_file: Path | None = None, **chosen: object) -> Places:
    """The same, without an account; `env_file` is read as well, and wins over `.env`."""
    return _read(Places, profile, chosen, env_file)


def read_notices(profile: str | None = None) -> Notices:
    """Whom to notify, even where the settings of the account are wrong."""
    return _read(Notices, profile, {})


def secret_files(profile: str | None, settings: AllSettings) -> Sequence[Path]:
    """The files that secrets were, or could have been, read from; one that does not count may be missing."""
    dotenv, own = Path(".env"), _profile(profile)
    files = [getattr(settings, f"{secret}_file") for secret in _SECRETS]
    if any(own.get(secret) for secret in _SECRETS):
        files.append(PROFILES)
    # as in _read: where the profile says what its secret is, the environment's does not count
    settled = {"client_secret"} if own.keys() & {"client_secret", *_REFERENCES} else set()
    lines = rf"(?mi)^\s*(export )?({'|'.join(names()[it] for it in _SECRETS if it not in settled)})\s*="
    if dotenv.exists() and re.search(lines, dotenv.read_text(encoding="utf-8-sig")):
        files.append(dotenv)
    return [path for path in files if path is not None and os.access(path, os.R_OK)]


_SECRETS = ("client_secret", "notify_webhook", "smtp_password", "notify_ping")
_REFERENCES = ("client_secret_file", "client_secret_env", "client_secret_keyring")
S = TypeVar("S", bound=FromEnvironment)


def _read(kind: type[S], profile: str | None, chosen: Mapping[str, object], env_file: Path | None = None) -> S:
    given = {**_profile(profile), **{name: it for name, it in chosen.items() if it is not None}}
    for secret in _SECRETS:
        if f"{secret}_file" in given:
            given.setdefault(secret, "")  # or the environment's secret would win over the file
    if given.keys() & set(_REFERENCES):
        given = {**dict.fromkeys(_REFERENCES), "client_secret": "", **given}  # likewise for where else it is stored
    known, given = names(), {**_left_alone(given), **given}
    try:
        refuse_misread({known[it] for it in kind.model_fields.keys() - given.keys()}, env_file)
        return kind(
            _env_file=(".env", env_file) if env_file else ".env", **{known[name]: it for name, it in given.items()}
        )
    except ValidationError as error:
        raise SettingsError(_sentences(error)) from None
    except OSError as error:
        raise SettingsError(f".env cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(".env cannot be read: it is no text in UTF-8") from error


def _left_alone(given: Mapping[str, object]) -> dict[str, object]:
    """Where `.env` keeps a secret does not count once the environment says where it is, as blanks for its settings."""
    set_there = {name.upper() for name, value in os.environ.items() if value}
    blank: dict[str, object] = {}
    for secret in _SECRETS:
        places = {secret, f"{secret}_file"} | ({*_REFERENCES} if secret == _SECRETS[0] else set())
        said = {it for it in places if names()[it].upper() in set_there}
        if said and not given.keys() & places:
            blank |= {it: "" if it == secret else None for it in places - said}
    return blank


def _sentences(error: ValidationError) -> str:
    known, lines = names(), list[str]()
    for fault in error.errors(include_url=False, include_input=False):
        name = known.get(str(fault["loc"][0]), str(fault["loc"][0]))
        lines.append(f"{name} is missing" if fault["type"] == "missing" else f"{name}: {_words(fault)}")
    return "settings:\n" + "\n".join(f"  {line}" for line in lines)


_WORDS = {
    **dict.fromkeys(("int_parsing", "int_from_float", "int_type"), "should be a whole number"),
    **dict.fromkeys(("float_parsing", "float_type"), "should be a number"),
    **dict.fromkeys(("date_from_datetime_parsing", "date_parsing", "date_type"), "should be a date such as 2027-01-31"),
    "string_pattern_mismatch": "should be two letters such as US",  # of LOADER_COUNTRY alone
}


def _words(fault: ErrorDetails) -> str:
    """pydantic's words as the end of a sentence that begins with the setting."""
    return _WORDS.get(fault["type"]) or fault["msg"].removeprefix("Value error, ").removeprefix("Input ")


def profile_names() -> list[str]:
    """The profiles of `loader.toml`, none where there is no such file.

    Raises:
        SettingsError: it cannot be read.
    """
    profiles = _profiles("profiles") if PROFILES.exists() else {}
    return sorted(profiles) if isinstance(profiles, dict) else []


def _profiles(wanted: str) -> object:
    try:
        return tomllib.loads(PROFILES.read_text(encoding="utf-8-sig")).get("profiles", {})
    except FileNotFoundError as error:
        raise SettingsError(
            f"{wanted}: there is no {PROFILES} in {Path.cwd()}, where the program was started"
        ) from error
    except OSError as error:
        raise SettingsError(f"{wanted}: {PROFILES} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{wanted}: {PROFILES} cannot be read: it is no text in UTF-8") from error
    except (ValueError, RecursionError) as error:  # its own, and a number of thousands of digits
        raise SettingsError(f"{PROFILES} is not valid TOML: {error}") from error


def _profile(name: str | None) -> dict[str, Any]:
    if name is None:
        return {}
    profiles = _profiles(f"profile {name}")
    if not isinstance(profiles, dict) or not isinstance(profiles.get(name), dict):
        has = ", ".join(sorted(profiles)) if isinstance(profiles, dict) and profiles else "none"
        raise SettingsError(f"{PROFILES} has no profile {name}; it has: {has}")
    if unknown := sorted(set(profiles[name]) - set(names())):
        raise SettingsError(f"{PROFILES}, profile {name}: unknown {', '.join(unknown)}; known: {', '.join(names())}")
    return dict(profiles[name])
