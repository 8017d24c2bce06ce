"""What in a workbook reaches out of it, or runs something: it does not come along into the results.

Formulas are judged by what they say, not by how that is spelled: known functions only, less those that reach out, and
sheets of this workbook only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from openpyxl.utils import FORMULAE

from loader.workbook.ooxml.unfit import Ending, Unfit
from loader.workbook.ooxml.xml_edit import text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from loader.workbook.ooxml.package_copy import Parts

# the network, other programs, other files, code; HYPERLINK sends what cells hold to whoever is linked
_REACHING = re.compile(
    r"WEBSERVICE|RTD|CALL|REGISTER(\.ID)?|DDE\w*|EXEC\w*|SQL\..*|IMAGE|STOCKHISTORY|HYPERLINK|PY|EVALUATE|FILES?|INFO"
    r"|COPILOT|TRANSLATE|DETECTLANGUAGE|IMPORT\w*|CUBE\w*|GET\.\w*|[A-Z]*\.?OPEN\w*"
)
# those that openpyxl does not know, and that reach nowhere
_LATER = frozenset(
    """
    ACOT ACOTH AGGREGATE ANCHORARRAY ARABIC ARRAYTOTEXT BASE BETA.DIST BETA.INV BINOM.DIST BINOM.DIST.RANGE
    BINOM.INV BITAND BITLSHIFT BITOR BITRSHIFT BITXOR BYCOL BYROW CEILING.MATH CEILING.PRECISE CHISQ.DIST
    CHISQ.DIST.RT CHISQ.INV CHISQ.INV.RT CHISQ.TEST CHOOSECOLS CHOOSEROWS COMBINA CONCAT CONFIDENCE.NORM
    CONFIDENCE.T COT COTH COVARIANCE.P COVARIANCE.S CSC CSCH DAYS DBCS DECIMAL DROP ECMA.CEILING ENCODEURL
    ERF.PRECISE ERFC.PRECISE EXPAND EXPON.DIST F.DIST F.DIST.RT F.INV F.INV.RT F.TEST FIELDVALUE FILTER FILTERXML
    FLOOR.MATH FLOOR.PRECISE FORECAST.ETS FORECAST.ETS.CONFINT FORECAST.ETS.SEASONALITY FORECAST.ETS.STAT
    FORECAST.LINEAR FORMULATEXT GAMMA GAMMA.DIST GAMMA.INV GAMMALN.PRECISE GAUSS GROUPBY HSTACK HYPGEOM.DIST IFERROR
    IFNA IFS IMCOSH IMCOT IMCSC IMCSCH IMSEC IMSECH IMSINH IMTAN ISFORMULA ISO.CEILING ISOMITTED ISOWEEKNUM LAMBDA
    LET LOGNORM.DIST LOGNORM.INV MAKEARRAY MAP MAXIFS MINIFS MODE.MULT MODE.SNGL MUNIT NEGBINOM.DIST
    NETWORKDAYS.INTL NORM.DIST NORM.INV NORM.S.DIST NORM.S.INV NUMBERVALUE PDURATION PERCENTILE.EXC PERCENTILE.INC
    PERCENTOF PERCENTRANK.EXC PERCENTRANK.INC PERMUTATIONA PHI PIVOTBY POISSON.DIST QUARTILE.EXC QUARTILE.INC
    RANDARRAY RANK.AVG RANK.EQ REDUCE REGEXEXTRACT REGEXREPLACE REGEXTEST RRI SCAN SEC SECH SEQUENCE SHEET SHEETS
    SINGLE SKEW.P SORT SORTBY STDEV.P STDEV.S SWITCH T.DIST T.DIST.2T T.DIST.RT T.INV T.INV.2T T.TEST TAKE TEXTAFTER
    TEXTBEFORE TEXTJOIN TEXTSPLIT TOCOL TOROW TRIMRANGE UNICHAR UNICODE UNIQUE VALUETOTEXT VAR.P VAR.S VSTACK
    WEIBULL.DIST WORKDAY.INTL WRAPCOLS WRAPROWS XLOOKUP XMATCH XOR Z.TEST _TRO_ALL _TRO_LEADING _TRO_TRAILING
    """.split()  # noqa: SIM905 - read as words
)
_FUNCTIONS = _LATER.union(FORMULAE)
_PREFIX = re.compile(r"(_xlfn\.|_xlws\.|_xleta\.)+", re.IGNORECASE)
_PARAMETER = re.compile(r"_xlpm\.", re.IGNORECASE)  # of a LAMBDA
_QUOTED = re.compile(r'"(?:[^"]|"")*+"|(\'(?:[^\']|\'\')*+\')')
# quotes in the name of a table's column are no quotes: where a text begins and ends cannot be told then
_QUOTE_IN_A_COLUMN = re.compile(r"[\w\[,:]\s*+\[(?:[^\[\]\"']|'')*+[\"']")
_ERROR = re.compile(r"#[A-Z_/0]++[!?]?+")
_SHEETS = re.compile(r"(?:'((?:[^']|'')*+)'|([^\s'!\"(){},;+\-*/^&<>=]++))\s*+!")
_OTHER_BOOK = re.compile(r"(?<![\w\]])\[[0-9]+\]")
_CALLED = re.compile(r"([^\W\d][\w.\\]*+)\s*+\(|(?<![\w.\\])(_xl\w++\.[\w.\\]++)", re.IGNORECASE)
_INDIRECT = re.compile(r"\bINDIRECT\s*+\(", re.IGNORECASE)
_ELSEWHERE = re.compile(r"(?<![\w\]\[,])\[|\||\\\\|//")

_ATTRIBUTES = rb"""(?:\s(?:[^<>"'/]++|"[^"<]*+"|'[^'<]*+')*+)?"""
_ANY_PREFIX = rb"(?:[^\s<>/!?:\"'=]++:)?"
_FORMULA = re.compile(rb"<f%b(?:/>|>([^<]*+)</f\s*+>)" % _ATTRIBUTES)
_FORMULA_LEFT = re.compile(rb"<f[\s/>]")
# whatever holds a formula or a range, in cells, formats, validations, names, tables, charts and drawings
_ANY_FORMULA = re.compile(
    rb"<(%bf|%b(?:formula[12]?|sqref|definedName|calculatedColumnFormula|totalsRowFormula|Fmla\w*))%b>([^<]*+)"
    % (_ANY_PREFIX, _ANY_PREFIX, _ATTRIBUTES)
)
_CLOSED_OR_WRAPPED = re.compile(rb"</|<[^\s<>/!?:\"'=]++:f[\s>]")
_FORMULA_ATTRIBUTE = re.compile(
    rb"\s(?:fmla\w++|cellRange|linkedCell|listFillRange|link|formula)\s*=\s*(?:\"([^\"<]*+)\"|'([^'<]*+)')"
)
_RUNS = re.compile(
    rb"<%b(?:webPublish|FmlaMacro|Script)|\s(?:macro|textlink|fmlaMacro)\s*=\s*(?:\"[^\"]|'[^'])" % _ANY_PREFIX
)
_FETCHES = re.compile(rb"\s%b(?:src|althref)\s*=\s*(?:\"[^\"]|'[^'])|<%bDDE[\s/>]" % (_ANY_PREFIX, _ANY_PREFIX))
_TAG = re.compile(rb"<[^\s<>/]++%b/?>" % _ATTRIBUTES)
# a formula or a part of it; and what looks like one there would be taken out of it, and leave no XML or another text
_HIDES = re.compile(rb"<!|<\?(?!xml\s)")
_SOURCE = re.compile(rb"<%bcacheSource(%b)/?>" % (_ANY_PREFIX, _ATTRIBUTES))
_MORE = re.compile(rb'(<c\s[^<>]*?)\s(?:cm|vm)="[^"]*"')
_WITH_FORMULAS = frozenset(
    {
        *("chart", "chartEx", "chartUserShapes", "chartsheet", "drawing", "vmlDrawing", "table", "pivotTable"),
        *("ctrlProp", "rdRichValue", "pivotCacheDefinition"),
    }
)
_LONGEST_ROW = 8 << 20  # bytes
_LONGEST_PIECE = 1 << 20  # bytes; a formula is shorter, however it is spelled


def reaches_out(formula: str, titles: Collection[str]) -> bool:
    """Whether a formula, as somebody reads it, asks for more than this workbook, whose sheets have these titles."""
    bare = _ERROR.sub("0", _QUOTED.sub(lambda quoted: quoted[1] or '""', formula))
    if "|" in bare or "\\\\" in bare or _QUOTE_IN_A_COLUMN.search(bare):
        return True
    if _INDIRECT.search(bare) and _ELSEWHERE.search(formula):  # it makes a reference of a text
        return True
    known = {title.casefold() for title in titles}
    for quoted, plain in _SHEETS.findall(bare):
        named = quoted.replace("''", "'") or plain.removeprefix("$")
        if named.casefold() not in known and not known.issuperset(it.casefold() for it in named.split(":")):
            return True
    rest = _SHEETS.sub("", bare)
    called = (plain or prefixed for plain, prefixed in _CALLED.findall(rest))
    return "!" in rest or bool(_OTHER_BOOK.search(rest)) or not all(map(_is_harmless, called))


def _is_harmless(name: str) -> bool:
    own = _PREFIX.sub("", name).upper()
    return bool(_PARAMETER.match(name)) or (own in _FUNCTIONS and not _REACHING.fullmatch(own))


def keep_inside(parts: Parts, own_sheet: str, titles: Collection[str]) -> list[str]:
    """The sheets but the one that is edited to be written without their formulas.

    Unfit where something that reaches out cannot be taken away.
    """
    bare = []
    for name, carried in parts.by_name.items():
        if carried.word == "worksheet" and name != own_sheet:
            if _has_cells_to_bare(parts.blocks(name), titles):
                bare.append(name)
        elif carried.word in _WITH_FORMULAS:
            refuse_what_reaches_out(parts.text(name), titles)
        if carried.word == "pivotCacheDefinition":
            sources = _SOURCE.findall(parts.text(name))
            if len(sources) != 1 or b'type="worksheet"' not in sources[0]:
                raise Unfit
    return bare


def refuse_what_reaches_out(xml: bytes, titles: Collection[str]) -> None:
    """Unfit where a formula anywhere in it reaches out, or it names something to run or to fetch."""
    if _reaching_cells(xml, titles, set()):
        raise Unfit(Ending.REACHES_OUT)


def _has_cells_to_bare(blocks: Iterable[bytes], titles: Collection[str]) -> bool:
    """Whether formulas of cells reach out; Unfit where others of the sheet do."""
    seen, found, harmless = b"", False, set[bytes]()
    for block in blocks:
        seen += block
        last = seen.rfind(b"<")
        cut = last + 2 if seen.startswith(b"</", last) else max(last, 0)
        found |= _reaching_cells(seen[:cut], titles, harmless)
        seen = seen[cut:]
        if len(seen) > _LONGEST_PIECE:
            raise Unfit
    return found


def _reaching_cells(xml: bytes, titles: Collection[str], harmless: set[bytes]) -> bool:
    """Whether there are formulas that reach out and can be taken away; Unfit where one cannot.

    `xml` has whole tags, and what ends each formula. `harmless` remembers formulas, which many cells have in common.
    """
    if _HIDES.search(xml):
        raise Unfit
    if any(_in_a_tag(xml, it) for it in _RUNS.finditer(xml)):
        raise Unfit(Ending.CONTROLS)
    attributes = ((it[1] or it[2] or b"") for it in _FORMULA_ATTRIBUTE.finditer(xml) if _in_a_tag(xml, it))
    if any(reaches_out(text_of(it), titles) for it in attributes) or any(
        _in_a_tag(xml, it) for it in _FETCHES.finditer(xml)
    ):
        raise Unfit(Ending.REACHES_OUT)
    found = False
    for formula in _ANY_FORMULA.finditer(xml):
        element, text = formula[1], formula[2]
        if not _CLOSED_OR_WRAPPED.match(xml, formula.end()):
            raise Unfit
        if text in harmless:
            continue
        if not reaches_out(text_of(text), titles):
            harmless.add(text)
        elif element == b"f":
            found = True
        else:
            raise Unfit(Ending.REACHES_OUT)
    return found


def _in_a_tag(xml: bytes, found: re.Match[bytes]) -> bool:
    """Whether it is there, and not a text that says so."""
    begin = xml.rfind(b"<", 0, found.start() + 1)
    tag = _TAG.match(xml, begin) if begin >= 0 else None
    return begin >= 0 and (tag is None or tag.end() > found.start())


def without_formulas(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The values that were saved stay."""
    pending = b""
    for block in blocks:
        pending += block
        end = pending.rfind(b"<row")
        if end > 0:
            yield _bared(pending[:end])
            pending = pending[end:]
        elif len(pending) > _LONGEST_ROW:
            raise Unfit
    yield _bared(pending)


def _bared(cells: bytes) -> bytes:
    bare = _FORMULA.sub(b"", cells)
    if _FORMULA_LEFT.search(bare):
        raise Unfit
    return _MORE.sub(rb"\1", bare)
