"""Everything that can go wrong, sorted by what somebody does about it.

LoaderError                     a sentence for the reader and an exit code
├── SettingsError          2    a setting or an option is missing or wrong
├── JournalError           2    the journal cannot be opened, read or written
├── OutputError            2    the results cannot be written
├── WorkbookError          3    the sheet as a whole cannot be used
│   ├── HeadersError            its headers are not the ones known here: a mapping would do
│   └── NotOpenedError          its file is gone, or this process cannot read it: nothing is known of the sheet
├── AccountBusyError       7    another run is seeing to the same rows
├── CanaryError            4    what was created first is not what was sent, or cannot be compared: send no more
└── ApiError               4    what one request to the API has proved
    ├── NotSentError            the server made nothing of it: send it again
    │   └── ThrottledError      and it asks everyone to wait
    ├── UnansweredError    5    perhaps processed: look it up, never resend blindly
    ├── RejectedError           refused, because of this row
    │   └── NameTakenError      refused, because the name is there already
    ├── StopError               refused, and so would be every other row
    │   ├── RefusedError   6    credentials or permission
    │   │   └── NotAllowedError     permission, and perhaps for this row only: the next rows tell
    │   └── MisdirectedError 2  wrong host, wrong path, or not this API
    └── StoppedError            held back: the run was stopped before it left
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class LoaderError(Exception):
    """Its text is shown to the user as it stands; `exit_code` is the process's when it ends the command."""

    exit_code = 70


class SettingsError(LoaderError):
    exit_code = 2


class JournalError(LoaderError):
    exit_code = 2


class OutputError(LoaderError):
    exit_code = 2


class WorkbookError(LoaderError):
    exit_code = 3


class HeadersError(WorkbookError):
    """`cells` are the rows there are to see, `header_row` the number of the one that looks like a header.

    `sheet` is a `Sheet` of the columns that are known, where the rows beneath are known to be rows.
    """

    def __init__(
        self, message: str, cells: Sequence[Sequence[object]], header_row: int, sheet: object | None = None
    ) -> None:
        super().__init__(message)
        self.cells = cells
        self.header_row = header_row
        self.sheet = sheet


class NotOpenedError(WorkbookError):
    pass


class AccountBusyError(LoaderError):
    exit_code = 7


class CanaryError(LoaderError):
    exit_code = 4


class ApiError(LoaderError):
    """`status` is the HTTP status of the answer, None where no answer came."""

    exit_code = 4

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class NotSentError(ApiError):
    pass


class ThrottledError(NotSentError):
    """`retry_after`: seconds the server asked for, None where it named none that can be understood."""

    def __init__(self, message: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, status=status)
        self.retry_after = retry_after


class UnansweredError(ApiError):
    """`accepted`: the status said yes, so only the id is missing and nothing may ever be sent again."""

    exit_code = 5

    def __init__(self, message: str, *, status: int | None = None, accepted: bool = False) -> None:
        super().__init__(message, status=status)
        self.accepted = accepted


class RejectedError(ApiError):
    pass


class NameTakenError(RejectedError):
    pass


class StopError(ApiError):
    pass


class RefusedError(StopError):
    exit_code = 6


class NotAllowedError(RefusedError):
    pass


class MisdirectedError(StopError):
    exit_code = 2


class StoppedError(ApiError):
    pass
