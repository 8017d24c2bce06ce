"""Which parts of somebody's workbook are carried over into their results: what is known to be harmless, and no other.

Macros, external links, connections and embedded objects stay behind. What cannot be left out without breaking the rest
makes the workbook unfit for being edited in place.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loader.workbook.ooxml.package import Package, part_key, relations_part
from loader.workbook.ooxml.unfit import Unfit, unfit_for
from loader.workbook.ooxml.xml_edit import DECLARATION, RELATIONS, Part, tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# by the last word of the relationship's type
_LEFT_BEHIND = frozenset(
    {
        *("vbaProject", "vbaProjectSignature", "externalLink", "connections", "calcChain", "customXml"),
        *("volatileDependencies", "attachedToolbars", "wordVbaData", "origin", "signature"),
    }
)
_CARRIED: Mapping[str, frozenset[str]] = {
    "": frozenset({"officeDocument", "core-properties", "extended-properties", "custom-properties", "thumbnail"}),
    "officeDocument": frozenset(
        {
            *("worksheet", "chartsheet", "sharedStrings", "styles", "theme", "sheetMetadata", "person"),
            *("pivotCacheDefinition", "slicerCache", "timelineCache"),
            # check boxes and pictures in cells
            *("FeaturePropertyBag", "rdRichValue", "rdRichValueStructure", "rdRichValueTypes", "richValueRel"),
        }
    ),
    "worksheet": frozenset(
        {
            *("drawing", "vmlDrawing", "comments", "threadedComment", "hyperlink", "printerSettings", "table"),
            *("pivotTable", "slicer", "timeline", "image", "ctrlProp"),
        }
    ),
    "chartsheet": frozenset({"drawing", "vmlDrawing", "printerSettings", "image"}),
    "drawing": frozenset({"chart", "chartEx", "image", "hyperlink"}),
    "vmlDrawing": frozenset({"image"}),
    "chart": frozenset({"chartStyle", "chartColorStyle", "chartUserShapes", "themeOverride", "image"}),
    "chartEx": frozenset({"chartStyle", "chartColorStyle"}),
    "chartUserShapes": frozenset({"image"}),
    "theme": frozenset({"image"}),
    "richValueRel": frozenset({"image"}),
    "pivotTable": frozenset({"pivotCacheDefinition"}),
    "pivotCacheDefinition": frozenset({"pivotCacheRecords"}),
    "slicerCache": frozenset(),
}
_BINARY = frozenset({"image", "printerSettings", "thumbnail"})
_PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_PACKAGE_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
SHEET_ML = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
MOST_BINARY = 100_000_000  # bytes of pictures and the like
_MOST_PARTS = 2_000
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.()\[\]{}/ -]{1,200}")


@dataclass(slots=True)
class Relation:
    key: str
    kind: str  # the whole type
    target: str  # of an internal one, the part
    external: bool = False

    @property
    def word(self) -> str:
        return self.kind.rpartition("/")[2]


@dataclass(slots=True)
class CopiedPart:
    """A part that goes into the results. `new` replaces what it holds, and `kind` is its content type."""

    name: str
    word: str
    kind: str
    relations: list[Relation] = field(default_factory=list)
    new: bytes | None = None


class Parts:
    """All parts of a workbook that are carried over, by name; the package itself has the name ""."""

    def __init__(self, content: bytes, file: str) -> None:
        self._content, self._file = content, file
        self.package = Package(content, file)
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        self._entries = {part_key(entry.filename): entry for entry in self._archive.infolist()}
        self._kinds, self._usual_kinds = self._content_types()
        self._left = MOST_BINARY
        self.by_name: dict[str, CopiedPart] = {}
        self._carry("", "")
        book = next((it for it in self.by_name.values() if it.word == "officeDocument"), None)
        if book is None or part_key(book.name) != part_key(self.package.workbook_part()):
            raise Unfit
        self.workbook = book
        self.workbook.kind = f"{SHEET_ML}.sheet.main+xml"  # no longer one with macros, and no template

    def part(self, name: str) -> CopiedPart:
        if name not in self.by_name:
            raise Unfit
        return self.by_name[name]

    def text(self, name: str) -> bytes:
        """What a part holds by now."""
        carried = self.part(name)
        if carried.new is None:
            return b"".join(self.package.inflated(name))
        return carried.new

    def blocks(self, name: str) -> Iterator[bytes]:
        """The same, a block at a time."""
        carried = self.part(name)
        if carried.new is not None:
            return iter((carried.new,))
        if carried.word in _BINARY:
            return self._binary(name)
        return Package(self._content, self._file).inflated(name)  # one a reading: each has its limit

    def add(self, name: str, kind: str, new: bytes, *, word: str = "") -> CopiedPart:
        """A part of ours; `name` has a %d for the first number that is free."""
        number = next(n for n in range(1, _MOST_PARTS * 9) if part_key(name % n) not in self._entries)
        chosen = name % number
        self._entries[part_key(chosen)] = zipfile.ZipInfo(chosen)
        self.by_name[chosen] = carried = CopiedPart(chosen, word, kind, new=new)
        return carried

    def drop(self, name: str) -> None:
        """Leave a part out, and what only it needs."""
        for owner in self.by_name.values():
            owner.relations = [it for it in owner.relations if it.external or it.target != name]
        dropped = self.by_name.pop(name)
        for relation in dropped.relations:
            if relation.target in self.by_name and not self._needed(relation.target):
                self.drop(relation.target)

    def _needed(self, name: str) -> bool:
        return any(
            not relation.external and relation.target == name
            for owner in self.by_name.values()
            for relation in owner.relations
        )

    def _written_types(self) -> bytes:
        usual = {"rels": _RELATIONS_TYPE, "xml": "application/xml"}
        special = []
        for carried in self.by_name.values():
            extension = posixpath.splitext(carried.name)[1][1:].lower()
            if carried.name and usual.setdefault(extension, carried.kind) != carried.kind:
                special.append(tag("Override", {"PartName": f"/{carried.name}", "ContentType": carried.kind}))
        defaults = [tag("Default", {"Extension": it, "ContentType": kind}) for it, kind in usual.items()]
        return b"".join(
            [DECLARATION, tag("Types", {"xmlns": _PACKAGE_TYPES}, closed=False), *defaults, *special, b"</Types>"]
        )

    def _content_types(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        part = Part(b"".join(self.package.inflated("[Content_Types].xml")))
        kinds, usual = {}, {}
        for element in part.elements:
            at, kind = element.attributes, element.attributes.get("ContentType", "")
            if element.name == "Override":
                kinds[part_key(at.get("PartName", ""))] = kind
            elif element.name == "Default":
                usual[at.get("Extension", "").lower()] = kind
        return kinds, usual

    def _carry(self, name: str, word: str) -> None:
        if len(self.by_name) > _MOST_PARTS or (name and not _PLAIN_NAME.fullmatch(name)):
            raise Unfit
        extension = posixpath.splitext(name)[1][1:].lower()
        kind = self._kinds.get(part_key(name)) or self._usual_kinds.get(extension, "")
        if name and (part_key(name) not in self._entries or not kind):
            raise Unfit
        self.by_name[name] = carried = CopiedPart(name, word, kind)
        allowed = _CARRIED.get(word, frozenset())
        for relation in self._relations(name):
            if relation.word in _LEFT_BEHIND or (not name and relation.word not in allowed):
                continue
            if relation.word not in allowed or (relation.external and relation.word != "hyperlink"):
                raise unfit_for(relation.word, external=relation.external)
            carried.relations.append(relation)
            if relation.external or relation.word == "hyperlink":
                continue
            if relation.target not in self.by_name:
                self._carry(relation.target, relation.word)
            elif self.by_name[relation.target].word != relation.word:  # as a picture it would not be looked into
                raise Unfit

    def _relations(self, name: str) -> Iterator[Relation]:
        folder, where = posixpath.dirname(name), relations_part(name)
        if where not in self.package:
            return
        for element in Part(b"".join(self.package.inflated(where))).elements[1:]:
            at = element.attributes
            external = at.get("TargetMode") == "External"
            target = at.get("Target", "").replace("\\", "/")
            if not external and not target.startswith("#"):
                target = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
                target = target.lstrip("/")
            if not at.get("Type", "").startswith(
                ("http://schemas.openxmlformats.org/", "http://schemas.microsoft.com/")
            ):
                raise Unfit
            yield Relation(at.get("Id", ""), at.get("Type", ""), target, external)

    def _binary(self, name: str) -> Iterator[bytes]:
        entry = self._entries[part_key(name)]
        self._left -= entry.file_size  # zipfile gives no more than that
        if self._left < 0:
            raise Unfit
        try:
            with self._archive.open(entry) as file:
                while block := file.read(1 << 20):
                    yield block
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise Unfit from error

    def relate(self, owner: CopiedPart, word: str, target: CopiedPart) -> str:
        """Let a part point to another; its key."""
        taken = {relation.key for relation in owner.relations}
        key = next(key for n in range(1, _MOST_PARTS * 9) if (key := f"rIdLoader{n}") not in taken)
        owner.relations.append(Relation(key, f"{RELATIONS}/{word}", target.name))
        return key

    def write(self, package: zipfile.ZipFile, streamed: Mapping[str, Callable[[], Iterator[bytes]]]) -> None:
        """All parts into a new package; those in `streamed` come last, in that order and as they are made."""
        package.writestr("[Content_Types].xml", self._written_types())
        for carried in self.by_name.values():
            if carried.relations:
                package.writestr(relations_part(carried.name), _written_relations(carried))
        for name in (*(name for name in self.by_name if name and name not in streamed), *streamed):
            with package.open(name, "w") as file:
                for block in streamed[name]() if name in streamed else self.blocks(name):
                    file.write(block)


def with_part(content: bytes, package: Package, part: str, changed: bytes) -> bytes:
    """The package with another content of one part; without pictures, macros and the like."""
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(copy, "w") as written:
        for name in archive.namelist():
            if part_key(name) == part_key(part):
                written.writestr(name, changed)
            elif part_key(name).endswith((".xml", ".rels")):
                written.writestr(name, b"".join(package.inflated(name)))
    return copy.getvalue()


def _written_relations(carried: CopiedPart) -> bytes:
    written = [
        tag(
            "Relationship",
            {"Id": it.key, "Type": it.kind, "Target": it.target if it.external else _target(it.target)}
            | ({"TargetMode": "External"} if it.external else {}),
        )
        for it in carried.relations
    ]
    head = tag("Relationships", {"xmlns": _PACKAGE_RELATIONS}, closed=False)
    return b"".join([DECLARATION, head, *written, b"</Relationships>"])


def _target(name: str) -> str:
    return name if name.startswith("#") else f"/{name}"
