"""A workbook file as what it is, a zip of XML parts: what is in it, inflated with a limit that believes no size."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from xml.parsers import expat

from loader.errors import WorkbookError
from loader.model.limits import SAVE_AGAIN, USUAL_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

# a workbook packs 13-fold as a rule, a bomb a thousandfold; so many bytes it may unpack to however small it is
MOST_PACKED, ALWAYS_ALLOWED = 25, 100_000_000
MOST_PARTS = 10_000
_DEEPEST = 64  # elements inside one another; a sheet has eight

_BLOCK = 1 << 20
_LOCAL_HEADER = 30
_ENCRYPTED, _NAME_IN_UTF_8 = 0x1, 0x800
_DECLARATION = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]*)""")
_READ_BY_ALL = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})
_OVERLAP, _BEGINNING = 64, 512


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet as the workbook lists it; `part` is where its cells are, blank for a chart sheet."""

    title: str
    visible: bool
    part: str


class Package:
    """`name` is the file's, for messages. Every part that is looked at counts towards one limit.

    `most`: the bytes that it may unpack to if it is large, and packs no further than workbooks do.
    """

    def __init__(self, content: bytes, name: str, *, most: int = USUAL_LIMITS.inflated) -> None:
        self.name = name
        self._content = content
        self._most = min(max(ALWAYS_ALLOWED, MOST_PACKED * len(content)), most)
        self._advice = ", or raise LOADER_MAX_INFLATED_MB" if self._most == most else ""
        self._left = self._most
        self._counted: dict[str, int] = {}  # bytes by part: what is looked at twice counts once
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                entries = archive.infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, UnicodeDecodeError) as error:
            raise self.damaged() from error
        self._entries = {part_key(entry.filename): entry for entry in entries}
        if len(entries) > MOST_PARTS or len(self._entries) < len(entries) or _overlap(entries):
            raise self.damaged()

    @property
    def inflated_so_far(self) -> int:
        return self._most - self._left

    def damaged(self) -> WorkbookError:
        return damaged(self.name)

    def __contains__(self, part: str) -> bool:
        return part_key(part) in self._entries

    def inflated(self, part: str) -> Iterator[bytes]:
        """The part, a block at a time; refuses what is too large, broken or declares entities."""
        entry = self._entries.get(part_key(part))
        if entry is None or entry.flag_bits & _ENCRYPTED:
            raise self.damaged()
        tail = b""
        reached = checksum = 0
        for block in self._blocks(entry):
            reached += len(block)
            checksum = zlib.crc32(block, checksum)
            self._count(part_key(part), reached)
            if self._left < 0:
                size = f"more than {self._most // 1_000_000} MB"
                rid = f"split it, or delete sheets it does not need{self._advice}"
                raise WorkbookError(f"{self.name} unpacks to {size}: {rid}.")
            if (b"!" in block or b"!" in tail) and _DECLARATION.search(tail + block):
                raise WorkbookError(f"{self.name} declares XML entities, which no spreadsheet needs: {SAVE_AGAIN}.")
            if not tail:
                _check_encoding(self.name, block[:_BEGINNING])
            tail = block[-_OVERLAP:]
            yield block
        if checksum != entry.CRC:
            raise self.damaged()

    def _count(self, key: str, reached: int) -> None:
        counted = self._counted.get(key, 0)
        if reached > counted:
            self._left -= reached - counted
            self._counted[key] = reached

    def _blocks(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        # zipfile itself would stop at the declared size, where the reader goes on
        at = entry.header_offset
        header = self._content[at : at + _LOCAL_HEADER]
        if len(header) < _LOCAL_HEADER or not header.startswith(b"PK\x03\x04"):
            raise self.damaged()
        name_length, extra_length = (int.from_bytes(header[begin : begin + 2], "little") for begin in (26, 28))
        begin = at + _LOCAL_HEADER
        if self._content[begin : begin + name_length].decode(_encoding(entry), "replace") != entry.orig_filename:
            raise self.damaged()  # another reader would go by the other name
        at = begin + name_length + extra_length
        packed = memoryview(self._content)[at : at + entry.compress_size]
        if entry.compress_type == zipfile.ZIP_STORED:
            yield from (bytes(packed[begin : begin + _BLOCK]) for begin in range(0, len(packed), _BLOCK))
            return
        if entry.compress_type != zipfile.ZIP_DEFLATED:
            raise self.damaged()
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        pending: bytes | memoryview = packed
        try:
            while not inflater.eof:
                block = inflater.decompress(pending, _BLOCK)
                if not block and not inflater.eof:
                    raise self.damaged()
                yield block
                pending = inflater.unconsumed_tail
        except zlib.error as error:
            raise self.damaged() from error

    def elements(self, part: str, wanted: str, *, inside: bool = False) -> list[Mapping[str, str]]:
        """The attributes of every such element of a small part; with `inside`, none that point out of the package."""
        found: list[Mapping[str, str]] = []

        def start(name: str, attributes: Mapping[str, str]) -> None:
            if name == wanted and not (inside and attributes.get("TargetMode") == "External"):
                found.append(attributes)
            if len(found) > MOST_PARTS:
                raise self.damaged()

        self.walk(self.inflated(part), start=start)
        return found

    def walk(
        self,
        blocks: Iterable[bytes],
        *,
        start: Callable[[str, Mapping[str, str]], None],
        end: Callable[[str], None] = lambda _: None,
        characters: Callable[[str], None] = lambda _: None,
        other: Callable[[], None] = lambda: None,
    ) -> None:
        """Tell about every element by its local name: readers do not mind the prefix either.

        `other` hears of comments, instructions and CDATA sections.
        """
        depth = 0

        def opened(name: str, attributes: Mapping[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > _DEEPEST:  # each open element costs memory
                raise self.damaged()
            start(local(name), attributes)

        def closed(name: str) -> None:
            nonlocal depth
            depth -= 1
            end(local(name))

        # with namespaces: a prefix that nobody declared is damage, too; a name is then its namespace, a colon, itself
        parser = expat.ParserCreate(namespace_separator=":")
        parser.StartElementHandler, parser.EndElementHandler = opened, closed
        parser.CharacterDataHandler = characters
        parser.StartCdataSectionHandler = other
        parser.CommentHandler = lambda _: other()
        parser.ProcessingInstructionHandler = lambda *_: other()
        try:
            for block in blocks:
                parser.Parse(block, False)
            parser.Parse(b"", True)
        except (expat.ExpatError, UnicodeError, ValueError) as error:
            raise self.damaged() from error

    def targets(self, part: str) -> list[tuple[str, str, str]]:
        """What a part points to inside the package: relation id, last word of its type, part."""
        folder, relations = posixpath.dirname(part), relations_part(part)
        return [
            (found.get("Id", ""), found.get("Type", "").rpartition("/")[2], _resolved(folder, found.get("Target", "")))
            for found in (self.elements(relations, "Relationship", inside=True) if relations in self else ())
        ]

    def workbook_part(self) -> str:
        """Where the package says its workbook is, or the usual place."""
        stated = (part for _, kind, part in self.targets("") if kind == "officeDocument")
        return next((part for part in stated if part in self), "xl/workbook.xml")

    def styles_part(self) -> str:
        return self._of_the_workbook("styles")

    def texts_part(self) -> str:
        """Where the texts are that several cells may share; blank where there are none."""
        return self._of_the_workbook("sharedStrings")

    def _of_the_workbook(self, wanted: str) -> str:
        targets = self.targets(self.workbook_part())
        return next((part for _, kind, part in targets if kind == wanted and part in self), "")

    def has_links(self) -> bool:
        """Whether cells of it depend on other workbooks."""
        return any(kind == "externalLink" for _, kind, _ in self.targets(self.workbook_part()))

    @cached_property
    def awaits_calculation(self) -> bool:
        """Whether its formulas are to be worked out when it is opened: XlsxWriter saves a 0 for each until then."""
        return any(
            found.get("fullCalcOnLoad") in {"1", "true"} for found in self.elements(self.workbook_part(), "calcPr")
        )

    def has_macros(self) -> bool:
        return any(kind == "vbaProject" for _, kind, _ in self.targets(self.workbook_part()))

    def sheets(self) -> list[SheetPart]:
        workbook = self.workbook_part()
        targets = self.targets(workbook)
        sheet_parts = {key: part for key, kind, part in targets if kind == "worksheet"}
        for _, kind, part in targets:  # the reader unpacks these too, whatever sheet is chosen
            if kind in {"sharedStrings", "styles"} and part in self:
                for _block in self.inflated(part):
                    pass
        return [
            SheetPart(
                title=found.get("name", ""),
                visible=found.get("state", "visible") == "visible",
                part=next((sheet_parts.get(value, "") for key, value in found.items() if local(key) == "id"), ""),
            )
            for found in self.elements(workbook, "sheet")
        ]


def _encoding(entry: zipfile.ZipInfo) -> str:
    return "utf-8" if entry.flag_bits & _NAME_IN_UTF_8 else "cp437"


def _overlap(entries: Iterable[zipfile.ZipInfo]) -> bool:
    """Whether two entries share bytes, as in a bomb that packs one thing many times."""
    ends = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < ends:
            return True
        ends = entry.header_offset + _LOCAL_HEADER + entry.compress_size
    return False


def local(name: str) -> str:
    return name.rpartition(":")[2]


def part_key(part: str) -> str:
    """What two names of a part share: readers accept backslashes and either case."""
    return part.replace("\\", "/").lstrip("/").casefold()


def relations_part(part: str) -> str:
    """Where it stands what a part points to; the part of the package itself is ""."""
    folder, base = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{base}.rels")


def _resolved(folder: str, target: str) -> str:
    plain = target.replace("\\", "/")
    return plain.lstrip("/") if plain.startswith("/") else posixpath.normpath(posixpath.join(folder, plain))


def damaged(name: str) -> WorkbookError:
    return WorkbookError(f"{name} is damaged or was cut short: {SAVE_AGAIN}, or send the file once more.")


def _check_encoding(name: str, beginning: bytes) -> None:
    if b"\0" in beginning[:_OVERLAP]:  # UTF-16 would hide what is looked for
        raise damaged(name)
    stated = _ENCODING.match(beginning.removeprefix(b"\xef\xbb\xbf"))
    if stated and stated[1].strip().lower() not in _READ_BY_ALL:  # readers take it for UTF-8 all the same
        raise WorkbookError(f"{name} has XML in another encoding than UTF-8: {SAVE_AGAIN}.")
