"""A plan in a file: what was going to be done, and for what exactly."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from loader.errors import SettingsError
from loader.model.campaign import name_key
from loader.planning.forecast import SENDS
from loader.planning.request import LoadRequest, request_from
from loader.storage.atomic_files import write_over

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from loader.config.settings import Settings
    from loader.model.records import StoredOptions
    from loader.planning.forecast import Forecast

_VERSION = 1
_BEGINS = '{\n "plan_version"'  # as it is written
_KINDS = {
    "sheets": dict,
    "defaults": dict,
    "all_or_nothing": bool,
    "preflight": bool,
    "retry_rejected": bool,
    "recreate": list,
    "limit": int | None,
    "mapping": dict,
    "skip": list,
    "canary": int | None,
    "encoding": str | None,
}


@dataclass(frozen=True, slots=True)
class PlanFile:
    """`sheet` is the path as it was given; `keys` are those of the names to be sent."""

    sheet: str
    digest: str
    account: str
    application: str
    api_version: str
    options: StoredOptions
    keys: Collection[str]

    def load_request(self, content: bytes, settings: Settings) -> LoadRequest:
        """What was planned, for a sheet with this content.

        Raises:
            SettingsError: sheet, account or settings are not those that it was planned for.
        """
        try:
            load_request = request_from(self.options, Path(self.sheet).name, content)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise SettingsError("the plan is not complete: make a new one") from error
        for what, planned, now in (
            ("the sheet", self.digest, load_request.digest),
            ("the account", self.account, str(settings.account)),
            ("the application", self.application, settings.application),
            ("KORE_API_VERSION", self.api_version, settings.api_version),
        ):
            if planned != now:
                seen = "" if what == "the sheet" else f": {planned} was planned, {now} is set"
                raise SettingsError(f"{what} is not the one of the plan any more{seen}; make a new plan")
        return replace(load_request, planned=self.keys)


def write_plan(path: Path, forecast: Forecast, load_request: LoadRequest, sheet: Path, settings: Settings) -> None:
    """Write it as JSON.

    Raises:
        OutputError: it cannot be written.
    """
    content = {
        "plan_version": _VERSION,
        "made_at": forecast.made_at.isoformat(),
        "sheet": str(sheet),
        "sheet_digest": load_request.digest,
        "account": str(settings.account),
        "application": settings.application,
        "api_version": settings.api_version,
        "options": load_request.options(),
        "requests": forecast.requests.total,
        "rows": [{"row": it.row, "name": it.name, "verdict": it.verdict} for it in forecast.rows],
    }
    write_over(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n", begins=_BEGINS)


def read_plan(path: Path) -> PlanFile:
    """Read what `write_plan` has written.

    Raises:
        SettingsError: it is no plan, or one of another version of the loader.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"the plan {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path} is no plan; `plan SHEET --out {path}` writes one") from error
    if not isinstance(content, dict) or content.get("plan_version") != _VERSION:
        raise SettingsError(f"{path} is no plan of this version of the loader; `plan SHEET --out {path}` writes one")
    names = ("sheet", "sheet_digest", "account", "application", "api_version")
    options, rows = content.get("options"), content.get("rows")
    texts = [text for name in names if isinstance(text := content.get(name), str)]
    if not (len(texts) == len(names) and isinstance(options, dict) and _are_whole(options) and isinstance(rows, list)):
        raise SettingsError(f"{path} is not a complete plan: make a new one")
    try:
        keys = frozenset(name_key(row["name"]) for row in rows if row["verdict"] in SENDS)
    except (LookupError, TypeError, AttributeError) as error:
        raise SettingsError(f"{path} is not a complete plan: make a new one") from error
    sheet, digest, account, application, api_version = texts
    return PlanFile(sheet, digest, account, application, api_version, options, keys)


def _are_whole(options: Mapping[str, object]) -> TypeGuard[StoredOptions]:
    """Whether they are of the kinds that a plan is written with."""
    return all(name in _KINDS and isinstance(value, _KINDS[name]) for name, value in options.items())
