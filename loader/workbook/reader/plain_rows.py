"""Rows of a sheet that need no parsing, by their bytes: plain cells only, or none at all.

Possessive throughout: what does not match is found out at once, however it was meant.
"""

from __future__ import annotations

import re

# A whole row of cells a reader cannot get wrong, as Excel, LibreOffice, Google and the usual libraries spell it.
PLAIN_ROW = re.compile(
    rb'<row r="([1-9][0-9]{0,6}+)"(?: (?:hidden="(?:0|false)"|(?!hidden)[a-zA-Z0-9:]++="[^"<]*+"))*+'
    rb'>(?:<c r="[A-Z]{1,3}+\1"(?: s="[0-9]++")?+(?:'
    rb' t="inlineStr"><is><t(?: xml:space="preserve")?+>[^<]*+</t></is></c>'
    rb'|(?: t="(?:n|s|str|inlineStr|b)")?+(?: ?/>|>'
    rb"(?:<f(?: [^<>]*+)?+(?:/>|>[^<]*+</f>))?+<v>[^<-][^<]*+</v></c>)"
    rb"))++</row>"
)
# rows without a cell, which are no more than their number
EMPTY_ROWS = re.compile(
    rb'(?:<row(?: r="[1-9][0-9]{0,6}+")?+(?: (?!r=)[a-zA-Z0-9:]++="[^"<]*+")*+ ?(?:/>|></row>)\s*+)++'
)
_ROW_NUMBER = re.compile(rb' r="([0-9]+)"')
COLUMN = re.compile(rb'<c r="([A-Z]+)')
FILLED_COLUMN = re.compile(rb'<c r="([A-Z]+)[^>]*+(?<!/)>')


def row_after(rows: bytes, before: int) -> int:
    """The number of the last of these empty rows; one without a number follows the one before it."""
    numbered = rows.rfind(b' r="')
    number = _ROW_NUMBER.match(rows, numbered) if numbered >= 0 else None
    if number is None:
        return before + rows.count(b"<row")
    return int(number[1]) + rows.count(b"<row", number.end())
