"""The workbook of a load request is read and checked."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from loader.errors import HeadersError
from loader.model.cell_reference import LAST_COLUMN, LAST_ROW
from loader.model.limits import Limits
from loader.model.sheet_choice import ONLY_ONE
from loader.planning.validate import validate
from loader.workbook.reader.read import ReadOptions, paused, sheets_from
from loader.workbook.reader.reader_process import ReaderProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from loader.config.settings import Settings
    from loader.model.row import Sheet
    from loader.model.sheet_choice import SheetChoice
    from loader.planning.checked import Checked
    from loader.planning.plan import Candidate
    from loader.planning.request import LoadRequest
    from loader.planning.validate import ApiVersion

ONCE_ADMITTED = Limits(rows=LAST_ROW, columns=LAST_COLUMN, inflated_mb=4_000)  # what a run was begun with is read


def read_request(
    load_request: LoadRequest,
    api_version: ApiVersion,
    limits: Limits = ONCE_ADMITTED,
    open_reader: Callable[[], AbstractContextManager[ReaderProcess]] = ReaderProcess,
) -> tuple[Sequence[Sheet], Checked]:
    """The sheets as they were typed, and what is valid of it."""
    choice, file = load_request.sheets, load_request.file
    with paused(), open_reader() as reader:
        reader.hand_in(load_request.content, file, choice=choice, limits=limits, encoding=load_request.encoding)
        with _cells_told_too(api_version):
            sheets = sheets_from(
                reader, file, choice=choice, defaults=load_request.defaults, renaming=load_request.renaming
            )
        return sheets, validate(*sheets, api_version=api_version)


@contextmanager
def _cells_told_too(api_version: ApiVersion) -> Iterator[None]:
    try:
        yield
    except HeadersError as error:
        from loader.planning.wrong_headers import with_cells  # noqa: PLC0415 - most sheets have no wrong header

        raise with_cells(error, api_version) from error


def candidates_of(load_request: LoadRequest, settings: Settings) -> list[Candidate]:
    """The valid rows of a load request."""
    from loader.planning.request import candidates_in  # noqa: PLC0415 - `check` makes no bodies, and starts without

    return candidates_in(read_request(load_request, settings.api_version)[1], settings.api_version)


def checking(
    file: str,
    options: ReadOptions,
    choice: SheetChoice,
    *,
    api_version: ApiVersion,
    open_reader: Callable[[], AbstractContextManager[ReaderProcess]],
) -> Callable[[bytes], tuple[Sequence[Sheet], Checked]]:
    """How the bytes of a file of that name are read and checked, as often as needed; all problems are reported."""

    def read(content: bytes) -> tuple[Sequence[Sheet], Checked]:
        with paused(), open_reader() as reader:
            reader.hand_in(content, file, choice=choice, limits=options.limits, encoding=options.encoding)
            sheets = sheets_from(reader, file, choice=choice, defaults=options.defaults, renaming=options.renaming)
            return sheets, validate(*sheets, api_version=api_version, most=sys.maxsize)

    return read


def check_sheet(
    reader: ReaderProcess,
    file: str,
    options: ReadOptions,
    *,
    choice: SheetChoice = ONLY_ONE,
    api_version: ApiVersion = "v1",
) -> tuple[Sequence[Sheet], Checked]:
    """Read and check the workbook that was handed in, the only one of this process: what is made of it stays."""
    with paused(for_good=True), _cells_told_too(api_version):
        sheets = sheets_from(reader, file, choice=choice, defaults=options.defaults, renaming=options.renaming)
        return sheets, validate(*sheets, api_version=api_version)
