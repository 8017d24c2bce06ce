"""Bring a notice to whom it is for, by webhook and by mail."""

from __future__ import annotations

import asyncio
import os
import smtplib
import socket
import ssl
from dataclasses import replace
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import aiohttp

from loader.api.session import in_words
from loader.config.settings import read_notices
from loader.errors import SettingsError
from loader.model.redaction import discreet
from loader.nightly.notification import notice_of
from loader.nightly.status import file_shape, night_shape

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from loader.config.notifications import Notices
    from loader.nightly.night_report import Night
    from loader.nightly.notification import Notice

# a night's end does not wait long for a notice: three tries, and this long for each step of one
_PAUSES_SECONDS = (1.0, 4.0)
_PATIENCE_SECONDS = 10
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
# Slack's own three (page "Formatting text for app surfaces"): a file called <!channel> must wake nobody
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class _UndeliveredError(Exception):
    """`again`: another try may do."""

    def __init__(self, why: str, *, again: bool) -> None:
        super().__init__(why)
        self.again = again


async def report_night(night: Night, profile: str | None, *, error: str = "") -> list[str]:
    """Notify whoever is to be notified of a night, where there is a reason to. `error`: what kept it from its end.

    Raises nothing: an import is not undone by its notice. Returns what did not get through, in sentences without a
    secret.
    """
    try:
        notices = _notices(profile)
        notice = notice_of(night, notices, host=socket.gethostname(), error=error)
        return await notify(notice, notices, night=_as_json(night)) if notice else []
    except SettingsError as wrong:
        said = "; ".join(line.strip() for line in str(wrong).removeprefix("settings:\n").splitlines())
        return [f"no notice was sent, because its settings cannot be read: {said}"]
    except Exception as defect:  # noqa: BLE001 - the import is right all the same, and so is its exit code
        return [f"no notice could be made ({type(defect).__name__}): this is a defect of the loader"]


async def ping(profile: str | None, step: Literal["/start", "", "/fail"]) -> list[str]:
    """Tell whoever waits for nights that one begins, ended well, or did not; returns as `report_night`."""
    try:
        url = _notices(profile).notify_ping
    except SettingsError:  # reported at the end, and what waits for nights misses this one
        return []
    if url is None:
        return []
    parts = urlsplit(url.get_secret_value())
    whole = parts._replace(path=parts.path.rstrip("/") + step).geturl()
    failed = await _tried(f"the ping of {parts.hostname}", lambda: _post(whole, None), asyncio.sleep)
    return [failed.replace("the notice", "it", 1)] if failed else []


def _notices(profile: str | None) -> Notices:
    """Those of the profile; where it cannot be read, those of the environment: that is what must be reported."""
    try:
        return read_notices(profile)
    except SettingsError:
        if profile is None:
            raise
        return read_notices()


def _as_json(night: Night) -> dict[str, object]:
    files = [file_shape(replace(report, error=discreet(report.error))) for report in night.files]
    return {**night_shape(night), "files": files}


async def notify(
    notice: Notice,
    notices: Notices,
    *,
    night: Mapping[str, object],
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> list[str]:
    """Notify everyone at the same time. `night`: all of it, for a generic webhook. Returns what did not get through."""
    ways = []
    if notices.notify_webhook:
        body = _slack(notice) if notices.notify_webhook_kind == "slack" else {**night, "reasons": list(notice.reasons)}
        url = notices.notify_webhook.get_secret_value()
        ways.append(_tried(f"the webhook at {urlsplit(url).hostname}", lambda: _post(url, body), sleep))
    if notices.notify_email_to:
        mail = _mail(notice, notices)
        what = f"the mail by {notices.smtp_host}"
        ways.append(_tried(what, lambda: asyncio.to_thread(_send, mail, notices), sleep))
    return [failed for failed in await asyncio.gather(*ways) if failed]


async def _tried(what: str, once: Callable[[], Awaitable[None]], sleep: Callable[[float], Awaitable[object]]) -> str:
    pauses = iter(_PAUSES_SECONDS)
    while True:
        try:
            await once()
        except _UndeliveredError as error:
            pause = next(pauses, None) if error.again else None
            if pause is None:
                return f"the notice did not get through: {what}: {error}"
            await sleep(pause)
        else:
            return ""


def _slack(notice: Notice) -> dict[str, object]:
    lines = (f"*{notice.subject}*", *(f"• {reason}" for reason in notice.reasons), *notice.lines)
    return {"text": "\n".join(lines).translate(_SLACK)}


async def _post(url: str, body: Mapping[str, object] | None) -> None:
    timeout = aiohttp.ClientTimeout(total=_PATIENCE_SECONDS)
    try:
        # no redirect is followed, or the notice could end up with somebody else
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.post(url, json=body, allow_redirects=False) as response,
        ):
            status = response.status
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise _UndeliveredError(in_words(error), again=not isinstance(error, ValueError)) from None
    if not 200 <= status < 300:  # noqa: PLR2004 - the class of answers that means yes
        raise _UndeliveredError(f"the answer was {status}", again=status == 429 or status >= 500)  # noqa: PLR2004


def _mail(notice: Notice, notices: Notices) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = notice.subject
    mail["From"] = notices.notify_email_from
    mail["To"] = notices.notify_email_to
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain=(notices.notify_email_from or "").rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answer to this
    mail.set_content(notice.text)
    return mail


def _send(mail: EmailMessage, notices: Notices) -> None:
    host, port = notices.smtp_host or "", notices.smtp_port or _PORTS[notices.smtp_tls]
    trusted = ssl.create_default_context()
    try:
        with (
            smtplib.SMTP_SSL(host, port, timeout=_PATIENCE_SECONDS, context=trusted)
            if notices.smtp_tls == "tls"
            else smtplib.SMTP(host, port, timeout=_PATIENCE_SECONDS)
        ) as server:
            if notices.smtp_tls == "starttls":
                server.starttls(context=trusted)
            if notices.smtp_user:
                server.login(
                    notices.smtp_user, notices.smtp_password.get_secret_value() if notices.smtp_password else ""
                )
            refused = server.send_message(mail)
    except OSError as error:  # also the base of all that smtplib raises
        raise _UndeliveredError(_mail_words(error), again=_may_pass(error)) from None
    if refused:
        raise _UndeliveredError(f"the server did not accept {', '.join(sorted(refused))}", again=False)


def _mail_words(error: OSError) -> str:
    match error:
        case smtplib.SMTPResponseException():
            return next((words for kind, words in _MAIL_WORDS if isinstance(error, kind)), f"answer {error.smtp_code}")
        case smtplib.SMTPRecipientsRefused():
            return f"the server did not accept {', '.join(sorted(error.recipients))}"
        case _:
            return next((words for kind, words in _MAIL_WORDS if isinstance(error, kind)), _reason(error))


# the first that fits counts
_MAIL_WORDS: tuple[tuple[type[OSError], str], ...] = (
    (smtplib.SMTPAuthenticationError, "user and password were refused"),
    (smtplib.SMTPNotSupportedError, "the server does not offer what the settings ask for"),
    (smtplib.SMTPServerDisconnected, "the server closed the connection"),
    (ssl.SSLCertVerificationError, "its certificate is not trusted"),
    (ssl.SSLError, "no secure connection could be agreed on"),
    (TimeoutError, "no answer within the time limit"),
    (socket.gaierror, "the host name is not known"),
)
_FOR_GOOD = (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError, ssl.SSLError)


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno and error.errno > 0 else "the connection broke"


def _may_pass(error: OSError) -> bool:
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500:  # noqa: PLR2004 - RFC 5321: for good
        return False
    return not isinstance(error, (*_FOR_GOOD, smtplib.SMTPRecipientsRefused))
