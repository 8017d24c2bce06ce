"""Whom a notice is brought to: a web server and a mail server, real ones on loopback."""

from __future__ import annotations

import asyncio
import email
import email.policy
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult

if TYPE_CHECKING:
    import ssl
    from contextlib import AsyncExitStack
    from email.message import EmailMessage

    from aiosmtpd.smtp import Envelope, Session

# nobody may ever say it
SECRET_PATH = "/services/hush"


class Hook:
    """A web server that answers with these statuses, and after that with 200. 0 hangs up."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.bodies: list[Any] = []
        self.pings: list[str] = []

    async def start(self, stack: AsyncExitStack) -> None:
        app = web.Application()
        app.router.add_post(SECRET_PATH + "{step:(/start|/fail)?}", self._take)
        runner = web.AppRunner(app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}{SECRET_PATH}"

    async def _take(self, request: web.Request) -> web.Response:
        if request.query:
            self.pings.append(request.match_info["step"])
        else:
            self.bodies.append(await request.json())
        status = self.answers.pop(0) if self.answers else 200
        if status == 0:
            assert request.transport
            request.transport.abort()
        headers = {"Location": self.url} if 300 <= status < 400 else {}
        return web.Response(status=status or 200, text=f"echo {SECRET_PATH}", headers=headers)


class Postbox:
    """A mail server that answers a mail with these lines, and after that takes it."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refused: set[str] = set()
        self.logins: list[bool] = []

    async def start(self, stack: AsyncExitStack, tls: ssl.SSLContext | None = None, **options: Any) -> int:  # noqa: ANN401
        """`options` are those of aiosmtpd's SMTP. Returns its port."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(self, hostname="mail", authenticator=self._known, loop=loop, **options),
            *("127.0.0.1", 0),
            ssl=tls,
        )
        stack.callback(server.close)
        return int(server.sockets[0].getsockname()[1])

    def _known(self, _server: SMTP, _session: Session, _envelope: Envelope, _kind: str, data: Any) -> AuthResult:  # noqa: ANN401
        known = (data.login, data.password) == (b"night", b"hush")
        self.logins.append(known)
        return AuthResult(success=known, handled=known)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("2"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            self.recipients.append(envelope.rcpt_tos)
        return answer
