"""The two things that go wrong: the sandbox is set up wrongly, or a request is."""

from collections.abc import Mapping


class SandboxError(ValueError):
    """The sandbox cannot be started as asked; the text is a sentence for the reader."""


class RefusedError(Exception):
    """A request is answered with this status, and one line of `errors` for each reason."""

    def __init__(self, status: int, *reasons: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, *reasons)
        self.status = status
        self.reasons = reasons
        self.headers = dict(headers or {})
