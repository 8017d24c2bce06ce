"""Is this file safe to open, and what would a reader silently lose?

A reader gives a blank for an error and for a formula without a saved value, one value for a merged block, either of two
cells at one address, hidden rows like any others, and it dies of two cells far apart. So the sheet's own XML is looked
at before. Most of it, whole rows of plain cells, is proved harmless by searching bytes; only the rest is parsed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loader.errors import WorkbookError
from loader.workbook.formats import Shown
from loader.workbook.limits import SAVE_AGAIN, Limits
from loader.workbook.package import Package

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384  # Excel's own
ABOVE = 20  # rows that titles and headers may take on top of the campaigns' own
# a reader lays out the whole block from A1, at 32 bytes a cell: how large it always may be, and how empty otherwise
MOST_CELLS, EMPTIEST = 4_000_000, 20
MOST_FINDINGS = 100_000  # what is wrong everywhere need not be listed everywhere

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_MARKUP = re.compile(rb"\s*<(!doctype|html|head|body|table|\?xml|meta|style)", re.IGNORECASE)
_OTHER_FORMATS = (b"%PDF", b"{\\rtf", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf")
_PACKAGES = {
    "xl/workbook.bin": "is an .xlsb workbook",
    "content.xml": "is an OpenDocument file",
    "word/document.xml": "is a Word document",
    "ppt/presentation.xml": "is a PowerPoint presentation",
    "index/document.iwa": "is an Apple Numbers file",
}

Cell = tuple[int, int]  # row and column, from 1


@dataclass(slots=True)
class Losses:
    """What a reader would not tell of one sheet. In `doubled`, column 0 stands for a whole row.

    `odd` cells are written in a way that readers differ about, or that they gave another value for than the file has.
    `shown`: numbers that are shown as something else. `filled` counts the cells with a value by row.
    """

    errors: dict[Cell, str] = field(default_factory=dict)
    unsaved: dict[Cell, str] = field(default_factory=dict)
    doubled: set[Cell] = field(default_factory=set)
    odd: set[Cell] = field(default_factory=set)
    shown: dict[Cell, Shown] = field(default_factory=dict)
    merged: list[tuple[Cell, Cell]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    filled: dict[int, int] = field(default_factory=dict, compare=False, repr=False)
    last_row: int = field(default=0, compare=False)
    last_column: int = field(default=0, compare=False)


def admit(content: bytes, name: str, limits: Limits | None = None) -> Package | str:
    """The package of a workbook, or the text of a CSV file, told by content; WorkbookError for everything else."""
    if not content:
        raise WorkbookError(f"{name} is empty: send the file once more.")
    if content.startswith(_OLE2):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise WorkbookError(
                f"{name} is protected with a password: open it in Excel and save it as .xlsx without one."
            )
        raise WorkbookError(f"{name} is an old Excel workbook (.xls): open it in Excel and save it as .xlsx.")
    if content.startswith(_ZIP):
        return _workbook(Package(content, name, most=limits.inflated_mb * 1_000_000 if limits else None))
    return _text(content, name)


def _workbook(package: Package) -> Package:
    name, workbook = package.name, package.workbook_part()
    if workbook in package and not workbook.endswith(".bin"):
        kinds = {found.get("ContentType", "") for found in package.elements("[Content_Types].xml", "Override")}
        if any("spreadsheet" in kind or "sheet.macroEnabled" in kind for kind in kinds):
            return package
    for part, what in _PACKAGES.items():
        if part in package:
            raise WorkbookError(f"{name} {what}: save it as .xlsx.")
    raise WorkbookError(f"{name} is a zip archive but no workbook: save it as .xlsx.")


def _text(content: bytes, name: str) -> str:
    if _MARKUP.match(content.removeprefix(b"\xef\xbb\xbf")):
        raise WorkbookError(f"{name} is a web page or an XML file, whatever its name says: save it as .xlsx.")
    if content.startswith(_OTHER_FORMATS):
        raise WorkbookError(f"{name} is no workbook: save it as .xlsx.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise WorkbookError(f"{name} is neither a workbook nor text in UTF-8: save it as .xlsx or as 'CSV UTF-8'.")
    return text


def look(
    package: Package,
    part: str,
    title: str,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    styles: Mapping[int, Shown] = {},
) -> Losses:
    """What a reader would lose of this sheet; WorkbookError where it would not survive it."""
    view = _View(package, title, styles)
    package.walk(
        view.doubtful(package.inflated(part)),
        start=view.start, end=view.end, characters=view.characters, other=view.other,
    )  # fmt: skip
    # perhaps too large because of blank cells somebody coloured, which a reader passes over: look closer
    if view.too_large(limits) and len(view.losses.filled) <= limits.rows + ABOVE:
        view = _View(package, title, styles)
        package.walk(
            package.inflated(part), start=view.start, end=view.end, characters=view.characters, other=view.other
        )
    if too_large := view.too_large(limits):
        raise WorkbookError(f"{package.name}, sheet '{title}' {too_large}.")
    view.losses.last_row, view.losses.last_column = view.last_row, view.last_column
    return view.losses


# A whole row of cells a reader cannot get wrong, as Excel, LibreOffice, Google and the usual libraries spell it.
_PLAIN_ROW = re.compile(
    rb'<row r="([1-9][0-9]{0,6}+)"(?: (?:hidden="(?:0|false)"|(?!hidden)[a-zA-Z0-9:]++="[^"<]*+"))*+'
    rb'(?: ?/>|>(?:<c r="[A-Z]{1,3}+\1"(?: s="[0-9]++")?+(?:'
    rb' t="inlineStr"><is><t(?: xml:space="preserve")?+>[^<]*+</t></is></c>'
    rb'|(?: t="(?:n|s|str|inlineStr|b)")?+(?: ?/>|>'
    rb"(?:<f(?: [^<>]*+)?+(?:/>|>[^<]*+</f>))?+<v>[^<-][^<]*+</v></c>)"
    rb"))*+</row>)"
)
_COLUMN = re.compile(rb'<c r="([A-Z]+)')
_LONGEST_ROW = 8 << 20  # bytes; a longer one is passed on as it comes
_ADDRESS = re.compile(r"\$?([A-Za-z]{1,4})\$?([0-9]{1,10})")
_TRUE = frozenset({"1", "true", "on"})


class _View:
    """One walk over one sheet. `doubtful` passes on what has to be parsed and vouches for what it holds back."""

    def __init__(self, package: Package, title: str, styles: Mapping[int, Shown] = {}) -> None:
        self.losses = Losses()
        self.last_row = self.last_column = 0
        self._package = package
        self._title = title
        self._rows_seen: set[int] = set()
        self._reach_of: dict[tuple[bytes, ...], int | None] = {}
        self._row = self._cell_row = self._column = 0
        self._columns_seen: set[int] = set()
        self._styles = styles
        told = "|".join(str(number) for number, shown in styles.items() if shown is not Shown.DATE)
        self._told_styles = re.compile(rb'<c r="([A-Z]+)[0-9]+" s="(%s)"[^>/]*><' % told.encode()) if told else None
        self._filled = 0
        self._text: list[str] | None = None
        self._new_cell({})

    def too_large(self, limits: Limits) -> str:
        """What is wrong with its size, and what to do, as the end of a sentence; blank where nothing is."""
        rows, columns, block = self.last_row, self.last_column, self.last_row * self.last_column
        over = rows > limits.rows + ABOVE or columns > limits.columns
        if (over or block > MOST_CELLS) and block > EMPTIEST * self._filled:
            reach = f"reaches over {rows:,} rows and {columns:,} columns"
            return f"{reach}: delete what stands far away, and {SAVE_AGAIN}"
        if rows > limits.rows + ABOVE:
            return f"has {rows:,} rows, and at most {limits.rows:,} are loaded: split it, or raise LOADER_MAX_ROWS"
        if columns > limits.columns:
            most = f"at most {limits.columns:,} are read"
            return f"has {columns:,} columns, and {most}: delete some, or raise LOADER_MAX_COLUMNS"
        return ""

    def doubtful(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        pending = b""
        for block in blocks:
            pending += block
            at, last = 0, pending.rfind(b"<row ")  # the last row may go on in the next block
            while at < last:
                row = _PLAIN_ROW.match(pending, at)
                if row and self._vouch(row):
                    at = row.end()
                else:
                    following = pending.find(b"<row ", at + 1)
                    yield pending[at:following]
                    at = following
            pending = pending[at:]
            if last < 0 or len(pending) > _LONGEST_ROW:
                yield pending
                pending = b""
        yield pending

    def _vouch(self, row: re.Match[bytes]) -> bool:
        number, columns = int(row[1]), tuple(_COLUMN.findall(row[0]))
        if columns not in self._reach_of:  # a sheet's rows have their cells in the same few columns
            numbers = [_column_of(letters.decode()) for letters in columns]
            self._reach_of[columns] = max(numbers, default=0) if len(set(numbers)) == len(numbers) else None
        reach = self._reach_of[columns]
        if reach is None or number in self._rows_seen:
            return False
        self._row = number  # a row without a number follows it
        self._rows_seen.add(number)
        self._reach(number, reach)
        self._count(number, row[0].count(b"</c>"))  # those without a value have no such end
        if self._told_styles:
            for letters, style in self._told_styles.findall(row[0]):
                self._note_shown((number, _column_of(letters.decode())), self._styles[int(style)])
        return True

    def _count(self, row: int, filled: int) -> None:
        if filled:
            self.losses.filled[row] = self.losses.filled.get(row, 0) + filled
            self._filled += filled

    def _reach(self, row: int, column: int) -> None:
        if row > MOST_ROWS or column > MOST_COLUMNS:
            where = f"row {row:,}" if row > MOST_ROWS else f"column {column:,}"
            raise WorkbookError(f"{self._package.name}, sheet '{self._title}' has a cell in {where}: {SAVE_AGAIN}.")
        self.last_row, self.last_column = max(self.last_row, row), max(self.last_column, column)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        match name:
            case "c":
                self._start_cell(attributes)
            case "v" | "f":
                self._text = []
                self._has_formula |= name == "f"
                self._values += name == "v"
            case "is":
                self._values += 1
                self._is_inline = True
            case "row":
                self._start_row(attributes)
            case "mergeCell":
                self._merge(attributes.get("ref", ""))
            case "col" if attributes.get("hidden") in _TRUE:
                first, last = position(attributes.get("min", "")), position(attributes.get("max", ""))
                self.losses.hidden_columns.extend(range(first, min(last, MOST_COLUMNS) + 1))
            case _:
                pass

    def characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def other(self) -> None:
        """A comment or the like: within a value, readers take what stands before, or behind, or nothing."""
        self._is_odd |= self._text is not None

    def end(self, name: str) -> None:
        if name == "v":
            self._value, self._text = "".join(self._text or ()), None
        elif name == "f":
            self._formula, self._text = "".join(self._text or ()), None
        elif name == "c":
            self._end_cell()

    def _start_row(self, attributes: Mapping[str, str]) -> None:
        self._row = position(attributes.get("r", "")) or self._row + 1
        self._column = 0
        self._columns_seen = set()
        if self._row in self._rows_seen:
            self._note_doubled((self._row, 0))
        self._rows_seen.add(self._row)
        if attributes.get("hidden") in _TRUE and len(self.losses.hidden_rows) < MOST_FINDINGS:
            self.losses.hidden_rows.append(self._row)

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        row, column = cell_of(attributes.get("r", ""))
        self._cell_row, self._column = row or self._row, column or self._column + 1
        self._new_cell(attributes)
        # a cell that says it belongs to another row: the reader believes it, and it may meet another there
        if self._column in self._columns_seen or self._cell_row != self._row:
            self._note_doubled((self._cell_row, self._column))
        self._columns_seen.add(self._column)

    def _new_cell(self, attributes: Mapping[str, str]) -> None:
        self._kind = attributes.get("t", "n")
        self._shown = self._styles.get(position(attributes.get("s", "")))
        self._value = self._formula = ""
        self._values = 0
        self._has_formula = self._is_inline = self._is_odd = False

    def _end_cell(self) -> None:
        at = (self._cell_row, self._column)
        if self._values or self._has_formula:
            self._reach(*at)
        if self._kind == "e" and len(self.losses.errors) < MOST_FINDINGS:
            self.losses.errors[at] = self._value or "#ERROR"
        elif self._has_formula and not self._value and len(self.losses.unsaved) < MOST_FINDINGS:
            if self._kind == "str" and self._values:  # an empty text is a value, too
                return
            self.losses.unsaved[at] = f"={self._formula}"
        elif self._value or self._is_inline:
            self._count(at[0], 1)
            self._weigh(at)

    def _weigh(self, at: Cell) -> None:
        """Note a value that readers differ about, or that is shown as something else."""
        below_zero = self._value.lstrip().startswith("-")
        if self._is_odd or self._values > 1 or (below_zero and (self._kind == "s" or self._shown is Shown.DATE)):
            if len(self.losses.odd) < MOST_FINDINGS:
                self.losses.odd.add(at)
        elif self._kind == "n" and self._shown not in {None, Shown.DATE}:
            self._note_shown(at, self._shown)

    def _note_shown(self, at: Cell, shown: Shown | None) -> None:
        if shown and len(self.losses.shown) < MOST_FINDINGS:
            self.losses.shown[at] = shown

    def _note_doubled(self, at: Cell) -> None:
        if len(self.losses.doubled) < MOST_FINDINGS:
            self.losses.doubled.add(at)

    def _merge(self, ref: str) -> None:
        first, _, last = ref.partition(":")
        begin, end = cell_of(first), cell_of(last or first)
        if begin != end and 0 not in begin + end and len(self.losses.merged) < MOST_FINDINGS:
            self.losses.merged.append((begin, end))


def position(digits: str) -> int:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else 0  # noqa: PLR2004 - no row is as far


def cell_of(address: str) -> Cell:
    found = _ADDRESS.fullmatch(address)
    return (int(found[2]), _column_of(found[1].upper())) if found else (0, 0)


def _column_of(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column
