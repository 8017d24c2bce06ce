"""What may be typed in a column of the template, as rules that Excel itself applies: never stricter than the loader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.worksheet.datavalidation import DataValidation

from loader.model.campaign import Campaign, DialingMode, DialingOrder, Frequency
from loader.workbook.columns import sentence_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loader.workbook.columns import Column

_LONGEST_PROMPT, _LONGEST_PROMPT_TITLE = 255, 32  # Excel's limits; with more it calls the workbook damaged
_WORDS: Mapping[str, Sequence[str]] = {
    "priority": ("1", "2", "3", "4", "5"),
    "dialing_mode": tuple(DialingMode),
    "frequency": tuple(Frequency),
    "dialing_order": tuple(DialingOrder),
    "machine_detection": ("No", "Yes", "detect", "disconnect"),
}
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"


def input_rule(column: Column, cells: str, names: str | None) -> DataValidation:
    """What may be typed in `cells` and what Excel says about it. `names`: cells with names to choose from, if any."""
    title, sentence = column.header[:_LONGEST_PROMPT_TITLE], sentence_of(column.rule)[:_LONGEST_PROMPT]
    rule = DataValidation(
        sqref=cells,
        allow_blank=True,
        showInputMessage=True,
        promptTitle=title,
        prompt=sentence,
        showErrorMessage=True,
        errorTitle=title,
        error=sentence,
    )
    if words := _WORDS.get(column.field):
        rule.type, rule.formula1 = "list", f'"{",".join(words)}"'
    elif names is not None:
        # a warning only: a cell may hold several, and there may be new ones that this workbook does not know
        rule.type, rule.formula1, rule.errorStyle = "list", names, "warning"
    elif column.is_number:
        lowest, highest = _bound(column, "ge"), _bound(column, "le")
        rule.type, rule.operator = "whole", "between" if highest is not None else "greaterThanOrEqual"
        rule.formula1, rule.formula2 = str(lowest), None if highest is None else str(highest)
    elif column.is_weekday:
        # a warning only: it sees nonsense, and the loader's own rule is finer
        rule.type, rule.formula1, rule.errorStyle = "custom", window_rule(cells.partition(":")[0]), "warning"
    elif longest := _bound(column, "max_length") if column.field in ("name", "description") else None:
        rule.type, rule.operator, rule.formula1 = "textLength", "lessThanOrEqual", str(longest)
    return rule


def window_rule(cell: str) -> str:
    """A formula that is false for what cannot be a weekday's windows: they begin with a digit and have a dash or "to".

    Excel takes no lists in such a formula, and at most 255 characters.
    """
    found = ",".join(f'FIND("{dash}",{cell})' for dash in _DASHES)
    closed = f'COUNT(FIND(";"&LOWER(TRIM({cell}))&";",";-;\u2013;closed;off;"))=1'
    return f'OR({closed},AND(ISNUMBER(-LEFT(TRIM({cell}))),COUNT({found},SEARCH("to",{cell}))>0))'


def _bound(column: Column, kind: str) -> int | None:
    """A limit of the campaign itself, so that the workbook cannot have another one."""
    limits = Campaign.model_fields[column.field].metadata
    return next((getattr(limit, kind) for limit in limits if hasattr(limit, kind)), None)
