"""A line for each request on standard error, for `--log-level debug`: what was asked and what came back, no body, no
token."""

from __future__ import annotations

import logging

from loader.cli.output.console import ERRORS, plain
from loader.cli.output.json_log import Logs
from loader.cli.output.log_level import LogLevel

_REQUESTS = "loader.api.client"
_FIELDS = ("method", "path", "status", "ms", "attempt")


def log_requests(level: LogLevel, *, as_json: bool) -> None:
    """From here on, as long as the program lasts. `as_json`: in the lines of `--log-json`."""
    log = logging.getLogger(_REQUESTS)
    for earlier in [it for it in log.handlers if isinstance(it, _RequestLog)]:
        log.removeHandler(earlier)
    if level is LogLevel.DEBUG:
        log.setLevel(logging.DEBUG)
        log.addHandler(_RequestLog(as_json=as_json))


class _RequestLog(logging.Handler):
    def __init__(self, *, as_json: bool) -> None:
        super().__init__(logging.DEBUG)
        self._logs = Logs() if as_json else None

    def emit(self, record: logging.LogRecord) -> None:
        if self._logs:
            fields = record.args if isinstance(record.args, tuple) else ()
            self._logs.say("request", "debug", **dict(zip(_FIELDS, fields, strict=True)))
        else:
            ERRORS.print(plain(record.getMessage()), style="dim")
