"""Whether anybody can have a telephone number, as far as the numbering plans of the countries tell."""

from __future__ import annotations

import re
from functools import lru_cache

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_LONGEST_CODE = 3  # digits


def load() -> None:
    """Load the library now, while the workbook is still being read."""
    _plan("1")


@lru_cache(maxsize=16384)
def doubt(number: str) -> str:
    """What speaks against it, as the end of a sentence that begins with the cell; blank where nothing does."""
    if not _NUMBER.fullmatch(number):
        return ""
    for length in range(1, _LONGEST_CODE + 1):
        code = number[1 : 1 + length]
        if plan := _plan(code):
            national = number[1 + length :]
            return "" if plan.fullmatch(national) else f"is no number of the numbering plan of country code +{code}"
    return f"begins with +{number[1 : 1 + _LONGEST_CODE]}, which is no country's code"


@lru_cache(maxsize=1024)
def _plan(code: str) -> re.Pattern[str] | None:
    """The national numbers of all countries and territories with this code; None where there are none.

    phonenumbers' own question would cost thirty times as much, and half of that is taking the number apart again.
    """
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata  # noqa: PLC0415 - only sheets with numbers

    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code), ())
    patterns = []
    for region in regions:
        plan = PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
        if plan and plan.general_desc and plan.general_desc.national_number_pattern:
            patterns.append(plan.general_desc.national_number_pattern)
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None
