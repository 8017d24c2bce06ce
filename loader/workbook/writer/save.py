"""A workbook of our own is saved, and leaves nothing behind where that fails."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def new_book(file: IO[bytes]) -> Iterator[Workbook]:
    """A write-only workbook to fill; it is saved to the file at the end.

    openpyxl keeps the rows in the temporary folder until then, and forgets them when it does not come to that; they are
    removed here. `Workbook.save` is not used: on a full disk it leaves a package open, which complains much later.
    """
    book = Workbook(write_only=True)
    book.properties.creator = "campaign-loader"
    try:
        yield book
        with ZipFile(file, "w", ZIP_DEFLATED) as package:
            ExcelWriter(book, package).save()
    except BaseException:
        for page in book.worksheets:
            _remove_rows(page)
        raise


def _remove_rows(page: Any) -> None:  # noqa: ANN401 - the stubs know nothing of what is inside
    rows, writer = page._rows, page._writer  # noqa: SLF001
    for step in (rows and rows.close, writer and writer.close, writer and writer.cleanup):
        with suppress(OSError, ValueError):  # the file is closed, or gone, or on a disk that is full
            if step:
                step()
