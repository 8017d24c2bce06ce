"""Why somebody's workbook is not edited in place."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Ending(IntEnum):
    """How writing the results into a workbook ended; true where they are in it."""

    DAMAGE = 0
    WRITTEN = 1
    CONTROLS = 2
    EMBEDDED = 3
    PICTURES = 4
    MACRO_SHEETS = 5
    DIAGRAMS = 6
    QUERIES = 7
    REACHES_OUT = 8
    WORK = 9
    SIGNED = 10

    def __bool__(self) -> bool:
        return self is Ending.WRITTEN


# what the workbook has or does, as the end of a sentence
WHY: Mapping[Ending, str] = {
    Ending.DAMAGE: "holds what could be damaged on the way",
    Ending.CONTROLS: "has buttons or other controls that could run or call something",
    Ending.EMBEDDED: "has objects of other programs embedded",
    Ending.PICTURES: "has pictures or data in cells that are fetched from elsewhere",
    Ending.MACRO_SHEETS: "has sheets of old macros",
    Ending.DIAGRAMS: "has diagrams (SmartArt)",
    Ending.QUERIES: "has queries or a data model",
    Ending.REACHES_OUT: "has a name, a chart, a rule or a drawing that reaches out of it",
    Ending.WORK: "takes more work than one of its size should",
    Ending.SIGNED: "is signed, and a change would break the signature",
}
_BY_RELATION: Mapping[str, Ending] = {
    **dict.fromkeys(("control", "ctrlProp", "activeXControl", "activeXControlBinary"), Ending.CONTROLS),
    **dict.fromkeys(("oleObject", "package"), Ending.EMBEDDED),
    **dict.fromkeys(("rdRichValueWebImage", "rdArray", "rdSupportingPropertyBag", "richStyles"), Ending.PICTURES),
    **dict.fromkeys(("xlMacrosheet", "xlIntlMacrosheet", "dialogsheet"), Ending.MACRO_SHEETS),
    **dict.fromkeys(("diagramData", "diagramLayout", "diagramQuickStyle", "diagramColors"), Ending.DIAGRAMS),
    **dict.fromkeys(("queryTable", "powerPivotData", "xmlMaps", "model"), Ending.QUERIES),
}


class Unfit(Exception):  # noqa: N818 - nothing went wrong: the results are written in another way
    """A workbook holds what would not survive being edited in place, or must not come along."""

    def __init__(self, why: Ending = Ending.DAMAGE) -> None:
        super().__init__(WHY[why])
        self.why = why


def unfit_for(relation: str, *, external: bool) -> Unfit:
    """A part points to something that is not carried over, by the last word of the relation's type."""
    return Unfit(_BY_RELATION.get(relation, Ending.REACHES_OUT if external else Ending.DAMAGE))
