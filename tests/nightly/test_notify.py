"""A notice gets through to a real web server and a real mail server, or it is said why not; a secret is never said."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from loader.config.notifications import Notices
from loader.nightly.night_report import FileReport, Night
from loader.nightly.notification import Notice
from loader.nightly.notify import notify, report_night
from tests.api.certificates import Authority
from tests.listeners import Hook, Postbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

NOTICE = Notice("campaign-loader on loader-1: 1 thing needs a look", ["a<!channel>&.xlsx: zu spät"], ["It ended."])
NIGHT = {"exit_code": 5, "counts": {"Unknown": 2}}


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as servers:
        yield servers


@pytest.fixture
async def hook(stack: AsyncExitStack) -> Hook:
    one = Hook()
    await one.start(stack)
    return one


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Trusted as the authorities of the machine are."""
    one = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(one.file))
    return one


def mail_by(port: int, **changes: object) -> Notices:
    known: dict[str, Any] = {
        "LOADER_NOTIFY_EMAIL_TO": "ops@example.com, boss@example.com",
        "LOADER_NOTIFY_EMAIL_FROM": "night@example.com",
        "LOADER_SMTP_HOST": "127.0.0.1",
        "LOADER_SMTP_PORT": port,
        "LOADER_SMTP_TLS": "none",
    }
    return Notices(**{**known, **changes})


def post_to(url: str, kind: str = "slack") -> Notices:
    return Notices(LOADER_NOTIFY_WEBHOOK=url, LOADER_NOTIFY_WEBHOOK_KIND=kind)


async def sent(notices: Notices) -> tuple[list[str], list[float]]:
    """What did not get through, and the pauses that were made."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    failed = await notify(NOTICE, notices, night=NIGHT, sleep=sleep)
    assert "hush" not in "".join(failed)
    return failed, pauses


async def test_nobody_is_notified_where_nobody_is_to_be() -> None:
    assert await sent(Notices()) == ([], [])


# by webhook


async def test_slack_gets_a_text_in_which_nothing_calls_anybody(hook: Hook) -> None:
    assert await sent(post_to(hook.url)) == ([], [])
    assert hook.bodies == [
        {
            "text": "*campaign-loader on loader-1: 1 thing needs a look*\n"
            "• a&lt;!channel&gt;&amp;.xlsx: zu spät\n"
            "It ended."
        }
    ]


async def test_a_generic_webhook_gets_the_night_and_the_reasons(hook: Hook) -> None:
    assert await sent(post_to(hook.url, "generic")) == ([], [])
    assert hook.bodies == [{"exit_code": 5, "counts": {"Unknown": 2}, "reasons": ["a<!channel>&.xlsx: zu spät"]}]


@pytest.mark.parametrize("answers", [[500], [503, 429], [0], [0, 502]])
async def test_a_webhook_out_of_order_is_tried_again(hook: Hook, answers: list[int]) -> None:
    hook.answers = list(answers)
    assert await sent(post_to(hook.url)) == ([], [1, 4][: len(answers)])
    assert len(hook.bodies) == len(answers) + 1


@pytest.mark.parametrize(
    ("answers", "why", "tries"),
    [
        ([500, 500, 503], "the answer was 503", 3),
        ([0, 0, 0], "the server closed the connection", 3),
        ([404], "the answer was 404", 1),
        # whoever it sends us to is not whom the user named
        ([307], "the answer was 307", 1),
    ],
)
async def test_what_does_not_get_through_is_said_after_few_tries(
    hook: Hook, answers: list[int], why: str, tries: int
) -> None:
    hook.answers = answers
    failed, _ = await sent(post_to(hook.url))
    assert failed == [f"the notice did not get through: the webhook at 127.0.0.1: {why}"]
    assert len(hook.bodies) == tries


async def test_a_webhook_that_is_not_there_is_said() -> None:
    failed, pauses = await sent(post_to("http://127.0.0.1:9/hush"))
    assert failed == [
        "the notice did not get through: the webhook at 127.0.0.1: 127.0.0.1:9 cannot be reached (Connection refused)"
    ]
    assert pauses == [1, 4]


async def test_what_a_generic_webhook_gets_quotes_no_telephone_number(
    hook: Hook, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOADER_NOTIFY_WEBHOOK", hook.url)
    monkeypatch.setenv("LOADER_NOTIFY_WEBHOOK_KIND", "generic")
    began = datetime(2026, 4, 1, 1, 30, tzinfo=UTC)
    file = FileReport(folder / "april.xlsx", exit_code=4, error="no caller +4930123456789")
    assert await report_night(Night(began, began, 4, [file]), None) == []
    [body] = hook.bodies
    assert body["files"][0]["error"] == "no caller ***"
    assert body["reasons"] == ["april.xlsx: no caller ***"]


# by mail


async def test_a_mail_server_on_this_machine_takes_a_mail_without_ceremony(stack: AsyncExitStack) -> None:
    postbox = Postbox()
    assert await sent(mail_by(await postbox.start(stack))) == ([], [])
    [mail] = postbox.mails
    assert mail["Subject"] == "campaign-loader on loader-1: 1 thing needs a look"
    assert (mail["From"], mail["To"]) == ("night@example.com", "ops@example.com, boss@example.com")
    assert (mail["Auto-Submitted"], mail["Message-ID"][-13:]) == ("auto-generated", "@example.com>")
    assert mail["Date"]
    assert mail.get_content().splitlines() == ["- a<!channel>&.xlsx: zu spät", "", "It ended."]
    assert postbox.recipients == [["ops@example.com", "boss@example.com"]]


async def test_user_and_password_go_over_a_secured_connection_only(stack: AsyncExitStack, authority: Authority) -> None:
    postbox, login = Postbox(), {"LOADER_SMTP_USER": "night", "LOADER_SMTP_PASSWORD": "hush"}
    upgraded = await postbox.start(stack, tls_context=authority.server(), require_starttls=True, auth_required=True)
    assert await sent(mail_by(upgraded, LOADER_SMTP_TLS="starttls", **login)) == ([], [])
    secured = await postbox.start(stack, authority.server(), auth_require_tls=False)
    assert await sent(mail_by(secured, LOADER_SMTP_TLS="tls", **login)) == ([], [])
    assert (len(postbox.mails), postbox.logins) == (2, [True, True])
    plain = await postbox.start(stack, auth_require_tls=False)
    failed, pauses = await sent(mail_by(plain, LOADER_SMTP_TLS="starttls", **login))
    assert failed == [
        "the notice did not get through: the mail by 127.0.0.1: the server does not offer what the settings ask for"
    ]
    assert pauses == []
    assert (len(postbox.mails), len(postbox.logins)) == (2, 2)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("kind", ["expired", "name"])
async def test_a_mail_server_with_a_certificate_of_somebody_else_gets_nothing(
    stack: AsyncExitStack, authority: Authority, tls: str, kind: str
) -> None:
    postbox, context = Postbox(), authority.server(kind)
    how: dict[str, Any] = {"tls": context} if tls == "tls" else {"tls_context": context}
    failed, pauses = await sent(mail_by(await postbox.start(stack, **how), LOADER_SMTP_TLS=tls))
    assert failed == ["the notice did not get through: the mail by 127.0.0.1: its certificate is not trusted"]
    assert pauses == []
    assert postbox.mails == []


async def test_a_wrong_password_is_not_tried_again(stack: AsyncExitStack) -> None:
    port = await Postbox().start(stack, auth_require_tls=False)
    failed, pauses = await sent(mail_by(port, LOADER_SMTP_USER="night", LOADER_SMTP_PASSWORD="hush-hush"))
    assert failed == ["the notice did not get through: the mail by 127.0.0.1: user and password were refused"]
    assert pauses == []


async def test_a_mail_that_is_put_off_is_tried_again_and_one_that_is_refused_is_not(stack: AsyncExitStack) -> None:
    postbox = Postbox()
    notices = mail_by(await postbox.start(stack))
    postbox.answers = ["451 later"]
    assert await sent(notices) == ([], [1])
    assert len(postbox.mails) == 1
    postbox.answers = ["554 hush"]
    assert await sent(notices) == (["the notice did not get through: the mail by 127.0.0.1: answer 554"], [])
    postbox.answers = ["451 later"] * 3
    assert await sent(notices) == (["the notice did not get through: the mail by 127.0.0.1: answer 451"], [1, 4])


async def test_addresses_that_are_not_accepted_are_named(stack: AsyncExitStack) -> None:
    postbox = Postbox()
    notices = mail_by(await postbox.start(stack))
    told = "the notice did not get through: the mail by 127.0.0.1: the server did not accept"
    postbox.refused = {"boss@example.com"}
    assert await sent(notices) == ([f"{told} boss@example.com"], [])
    assert postbox.recipients == [["ops@example.com"]]
    postbox.refused.add("ops@example.com")
    assert await sent(notices) == ([f"{told} boss@example.com, ops@example.com"], [])


async def test_a_mail_server_that_is_not_there_is_said() -> None:
    failed, pauses = await sent(mail_by(9))
    assert failed == ["the notice did not get through: the mail by 127.0.0.1: Connection refused"]
    assert pauses == [1, 4]


async def test_one_way_that_is_barred_is_no_obstacle_to_the_other(hook: Hook, stack: AsyncExitStack) -> None:
    postbox = Postbox()
    hook.answers = [404]
    failed, _ = await sent(mail_by(await postbox.start(stack), LOADER_NOTIFY_WEBHOOK=hook.url))
    assert failed == ["the notice did not get through: the webhook at 127.0.0.1: the answer was 404"]
    assert len(postbox.mails) == 1
