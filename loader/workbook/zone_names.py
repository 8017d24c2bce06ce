"""What people write for a time zone: names of the tz database, Windows' names, cities, abbreviations, offsets.

A name of the tz database, or of Windows, is read. For anything else only what is known is suggested, and never a name
that is merely spelled alike: it may be hours away.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from loader.model.campaign import ZONES
from loader.model.fixes import Fix, Sure, perhaps
from loader.model.row import CellError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LIKE = "a name such as Asia/Kolkata"
_NEW_YORK, _CHICAGO, _DENVER, _LOS_ANGELES = (
    f"America/{city}" for city in ("New_York", "Chicago", "Denver", "Los_Angeles")
)
_ABBREVIATIONS = {
    **dict.fromkeys(("et", "edt", "eastern", "eastern time", "eastern daylight time", "us eastern"), (_NEW_YORK,)),
    **dict.fromkeys(("ct", "cdt", "central", "central time", "central daylight time", "us central"), (_CHICAGO,)),
    **dict.fromkeys(
        ("mt", "mdt", "mountain", "mountain time", "mountain daylight time", "us mountain"),
        (_DENVER, "America/Phoenix"),
    ),
    **dict.fromkeys(
        ("pt", "pst", "pdt", "pacific", "pacific time", "pacific daylight time", "us pacific"), (_LOS_ANGELES,)
    ),
    "cst": (_CHICAGO, "Asia/Shanghai", "America/Havana"),
    "ist": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
    "bst": ("Europe/London", "Asia/Dhaka"),
    "ast": ("America/Halifax", "Asia/Riyadh"),
    "cest": ("Europe/Berlin", "Europe/Paris", "Europe/Madrid"),
    "central european time": ("Europe/Berlin", "Europe/Paris", "Europe/Madrid"),
    "eest": ("Europe/Athens", "Europe/Helsinki"),
    "west": ("Europe/Lisbon",),
    **dict.fromkeys(("akst", "akdt"), ("America/Anchorage",)),
    **dict.fromkeys(("nst", "ndt"), ("America/St_Johns",)),
    "adt": ("America/Halifax",),
    "msk": ("Europe/Moscow",),
    "trt": ("Europe/Istanbul",),
    "gst": ("Asia/Dubai",),
    "pkt": ("Asia/Karachi",),
    "npt": ("Asia/Kathmandu",),
    "ict": ("Asia/Bangkok", "Asia/Ho_Chi_Minh"),
    "wib": ("Asia/Jakarta",),
    "sgt": ("Asia/Singapore",),
    "myt": ("Asia/Kuala_Lumpur",),
    "hkt": ("Asia/Hong_Kong",),
    "pht": ("Asia/Manila",),
    "jst": ("Asia/Tokyo",),
    "kst": ("Asia/Seoul",),
    "awst": ("Australia/Perth",),
    "acst": ("Australia/Adelaide", "Australia/Darwin"),
    "aest": ("Australia/Sydney", "Australia/Brisbane"),
    "aedt": ("Australia/Sydney",),
    **dict.fromkeys(("nzst", "nzdt"), ("Pacific/Auckland",)),
    "sast": ("Africa/Johannesburg",),
    "eat": ("Africa/Nairobi",),
    "cat": ("Africa/Maputo",),
    "wat": ("Africa/Lagos",),
    "brt": ("America/Sao_Paulo",),
    "art": ("America/Argentina/Buenos_Aires",),
    "cot": ("America/Bogota",),
}
_ALSO_CALLED = {
    **dict.fromkeys(("uk", "england", "great britain", "united kingdom", "scotland", "wales"), "Europe/London"),
    **dict.fromkeys(("south korea", "korea"), "Asia/Seoul"),
    **dict.fromkeys(("uae", "dubai uae"), "Asia/Dubai"),
    **dict.fromkeys(("bangalore", "bombay", "madras", "calcutta"), "Asia/Kolkata"),
    "frankfurt": "Europe/Berlin",
    "saigon": "Asia/Ho_Chi_Minh",
    "peking": "Asia/Shanghai",
    "washington dc": _NEW_YORK,
    "nyc": _NEW_YORK,
}
# well-known places, that stand for an offset: those without summer time first
_PLACES = """
Africa/Lagos Africa/Johannesburg Africa/Nairobi Asia/Dubai Asia/Karachi Asia/Kolkata Asia/Kathmandu Asia/Dhaka
Asia/Yangon Asia/Bangkok Asia/Singapore Asia/Shanghai Asia/Tokyo Australia/Darwin Australia/Brisbane
Pacific/Guadalcanal Pacific/Fiji Pacific/Tongatapu Pacific/Honolulu Pacific/Pago_Pago America/Phoenix
America/Costa_Rica America/Bogota America/Puerto_Rico America/Sao_Paulo Atlantic/South_Georgia Atlantic/Cape_Verde
Africa/Accra Asia/Tehran Asia/Kabul America/Caracas Europe/Moscow Europe/London Europe/Berlin Europe/Athens
America/Halifax America/New_York America/Chicago America/Denver America/Los_Angeles America/Anchorage
America/St_Johns Australia/Adelaide Australia/Sydney Pacific/Auckland
"""
_SUMMER = {
    -8: _LOS_ANGELES,
    -7: _DENVER,
    -6: _CHICAGO,
    -5: _NEW_YORK,
    0: "Europe/London",
    1: "Europe/Berlin",
    2: "Europe/Athens",
}
_FIXED = re.compile(r"EST|MST|HST|GMT|GMT0|GMT[+-]0|Greenwich|Etc/(?:GMT.*|Greenwich)")
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-])\s*([0-9]{1,2})(?::?([0-9]{2}))?(?:\s*(?:h|hours?|utc|gmt))?")
_BEFORE = re.compile(r"^\((?:utc|gmt)([+-][0-9]{2}:?[0-9]{2})?\)\s*")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_JANUARY, _JULY = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)


class ZoneRead(NamedTuple):
    """`warning` says how it was understood; `changes_meaning`: a person should see that before the first create."""

    name: str
    warning: str = ""
    changes_meaning: bool = False


@lru_cache(maxsize=4096)
def read_zone(typed: str) -> ZoneRead:
    """The zone of the tz database; CellError, with the candidates that are known, where it is none."""
    if typed in ZONES:
        return _with_remark(ZoneRead(typed))
    folded = " ".join(_DASHES.sub("-", typed).casefold().split())
    if known := _by_key().get(re.sub(r"\s*/\s*", "/", folded).replace(" ", "_")):
        return _with_remark(ZoneRead(known, f"is read as '{known}'"))
    if windows := _of_windows(folded):
        return ZoneRead(windows, f"is read as '{windows}'", changes_meaning=True)
    itself = _spelled_otherwise(folded)
    candidates = [itself] if itself else [it for it in _candidates(folded) if it in ZONES]
    advice = f"perhaps {' or '.join(repr(it) for it in candidates)}" if candidates else _LIKE
    fixes = (Fix(itself, Sure.ZONE),) if itself else perhaps(*candidates)
    raise CellError("is not a time zone of the tz database", advice, fixes)


def _with_remark(read: ZoneRead) -> ZoneRead:
    """Some names are an offset and no place: nothing there changes in summer."""
    if not _FIXED.fullmatch(read.name):
        return read
    hours = _hours_ahead(read.name)
    side = f"{abs(hours)} hour{'s' * (abs(hours) > 1)} {'ahead of' if hours > 0 else 'behind'} UTC" if hours else "UTC"
    place = place_instead_of(read.name)
    better = f"; for {place.rpartition('/')[2].replace('_', ' ')}: {place}" if place else ""
    fixed = f"is {side} all year, also in summer{better}"
    return ZoneRead(read.name, f"{read.warning}; it {fixed}" if read.warning else fixed, changes_meaning=True)


def place_instead_of(zone: str) -> str:
    """A well-known place with the offset of a zone that is nothing but one; blank where there is none."""
    return _SUMMER.get(_hours_ahead(zone), "") if _FIXED.fullmatch(zone) else ""


def _hours_ahead(zone: str) -> int:
    return int(_offset(zone, _JANUARY) / timedelta(hours=1))


def _offset(zone: str, at: datetime) -> timedelta:
    return at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()


def _of_windows(folded: str) -> str | None:
    """The place of a zone as Windows calls or shows it, if an offset before it agrees."""
    before = _BEFORE.match(folded)
    name = folded[before.end() :] if before else folded
    zone = _windows_names().get(name) or (_windows_shown().get(name) if before or "time (" in name else None)
    if zone is None or zone not in ZONES:
        return None
    if before and before[1]:
        minutes = int(before[1][1:3]) * 60 + int(before[1][-2:])
        offset = timedelta(minutes=-minutes if before[1][0] == "-" else minutes)
        if offset not in {_offset(zone, _JANUARY), _offset(zone, _JULY)}:
            return None
    return zone


def _spelled_otherwise(folded: str) -> str:
    """The only zone with these letters in this order, whatever stands between them; blank where there is none.

    Names of an offset have signs that count, and an abbreviation may mean another zone than the one that is called so.
    """
    return "" if folded.replace(".", "") in _ABBREVIATIONS else _by_letters().get(_letters(folded), "")


@lru_cache(maxsize=1)
def _by_letters() -> Mapping[str, str]:
    places = [it for it in ZONES if "/" in it and not it.startswith("Etc/")]
    found = Counter(map(_letters, places))
    return {_letters(it): it for it in places if found[_letters(it)] == 1}


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def _candidates(folded: str) -> Sequence[str]:
    if known := _ABBREVIATIONS.get(folded.replace(".", "")):
        return known
    if found := _OFFSET.fullmatch(folded):
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        return _at_offset(timedelta(minutes=-minutes if found[1] == "-" else minutes))
    region, slash, city = folded.replace("\\", "/").rpartition("/")
    key = _bare(city)
    places = list(_zones_of_city().get(key) or _table("cities.txt").get(key, ()))
    if not slash:
        places += _table("countries.txt").get(key, ())
    if key in _ALSO_CALLED:
        places.append(_ALSO_CALLED[key])
    there = dict.fromkeys(it for it in map(todays_name, places) if not slash or it.casefold().startswith(f"{region}/"))
    return list(there)[:3] or _one_slip(region, key)


def _at_offset(offset: timedelta) -> list[str]:
    """Places at that offset, all year or at least in winter."""
    always = [it for it in _PLACES.split() if it in ZONES and _offset(it, _JANUARY) == _offset(it, _JULY) == offset]
    winter = [it for it in _PLACES.split() if it in ZONES and min(_offset(it, _JANUARY), _offset(it, _JULY)) == offset]
    return list(dict.fromkeys([*always[:1], *winter]))[:2]


def _one_slip(region: str, key: str) -> list[str]:
    """The only place of that region whose name is one letter away; none where there are more, at other offsets."""
    if not region or len(key) < 4:  # noqa: PLR2004 - short names are one letter from many
        return []
    near = {
        todays_name(zone)
        for name, zones in _zones_of_city().items()
        for zone in zones
        if zone.casefold().startswith(f"{region}/") and _is_one_slip(key, name)
    }
    offsets = {(_offset(it, _JANUARY), _offset(it, _JULY)) for it in near}
    return sorted(near)[:1] if len(offsets) == 1 else []


def _is_one_slip(typed: str, name: str) -> bool:
    """Whether one letter is missing, added, another, or has changed places with the next; blanks count for nothing."""
    one, other = sorted((typed.replace(" ", ""), name.replace(" ", "")), key=len)
    at = next((it for it, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) == len(other):
        swapped = one[at : at + 2][::-1] + one[at + 2 :]
        return one[at + 1 :] == other[at + 1 :] or swapped == other[at:]
    return one[at:] == other[at + 1 :]


def todays_name(zone: str) -> str:
    """Asia/Kolkata for Asia/Calcutta."""
    return _table("zone_links.txt").get(zone, (zone,))[0]


@lru_cache(maxsize=1)
def _by_key() -> Mapping[str, str]:
    return {name.casefold(): name for name in ZONES}


@lru_cache(maxsize=1)
def _zones_of_city() -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for zone in sorted(ZONES):
        if "/" in zone and not zone.startswith("Etc/"):
            found.setdefault(_bare(zone.rpartition("/")[2]), []).append(zone)
    return found


def _windows_names() -> Mapping[str, str]:
    return {name.casefold(): zones[0] for name, zones in _table("windows_zones.txt").items()}


@lru_cache(maxsize=1)
def _windows_shown() -> Mapping[str, str]:
    names = _windows_names()
    shown = _table("windows_shown.txt").items()
    return {text.casefold(): names[it[0].casefold()] for text, it in shown if it[0].casefold() in names}


@lru_cache(maxsize=8)
def _table(name: str) -> Mapping[str, Sequence[str]]:
    lines: Iterable[str] = files("loader.workbook.data").joinpath(name).read_text(encoding="utf-8").splitlines()
    return {first: rest for first, *rest in (line.split("\t") for line in lines if not line.startswith("#"))}


def _bare(name: str) -> str:
    """A place in small letters, without accents and punctuation."""
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name).casefold())
    letters = unicodedata.normalize("NFC", "".join(it for it in apart if not "\u0300" <= it <= "\u036f"))
    return " ".join(re.sub(r"[\W_]+", " ", letters).split())
