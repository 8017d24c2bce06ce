"""A plan in a file: what was going to be done, and for what exactly."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loader.errors import OutputError, SettingsError
from loader.model.campaign import name_key
from loader.planning.forecast import SENDS
from loader.planning.request import LoadRequest, request_from

if TYPE_CHECKING:
    from collections.abc import Collection

    from loader.config.settings import Settings
    from loader.planning.forecast import Forecast

_VERSION = 1


@dataclass(frozen=True, slots=True)
class PlanFile:
    """`sheet` is the path as it was given; `keys` are those of the names to be sent."""

    sheet: str
    digest: str
    account: str
    application: str
    api_version: str
    options: dict[str, Any]
    keys: Collection[str]

    def order(self, content: bytes, settings: Settings) -> LoadRequest:
        """What was planned, for a sheet with this content.

        Raises:
            SettingsError: sheet, account or settings are not those that it was planned for.
        """
        order = request_from(self.options, Path(self.sheet).name, content)
        for what, planned, now in (
            ("the sheet", self.digest, order.digest),
            ("the account", self.account, str(settings.account)),
            ("the application", self.application, settings.application),
            ("KORE_API_VERSION", self.api_version, settings.api_version),
        ):
            if planned != now:
                seen = "" if what == "the sheet" else f": {planned} was planned, {now} is set"
                raise SettingsError(f"{what} is not the one of the plan any more{seen}; make a new plan")
        return replace(order, planned=self.keys)


def write_plan(path: Path, forecast: Forecast, order: LoadRequest, sheet: Path, settings: Settings) -> None:
    """Write it as JSON.

    Raises:
        OutputError: it cannot be written.
    """
    content = {
        "plan_version": _VERSION,
        "made_at": forecast.made_at.isoformat(),
        "sheet": str(sheet),
        "sheet_digest": order.digest,
        "account": str(settings.account),
        "application": settings.application,
        "api_version": settings.api_version,
        "options": order.options(),
        "requests": forecast.requests.total,
        "rows": [{"row": it.row, "name": it.name, "verdict": it.verdict} for it in forecast.rows],
    }
    try:
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"the plan cannot be written to {path}: {error.strerror}") from error


def read_plan(path: Path) -> PlanFile:
    """Read what `write_plan` has written.

    Raises:
        SettingsError: it is no plan, or one of another version of the loader.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"the plan {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{path} is no plan; `plan SHEET --out {path}` writes one") from error
    if not isinstance(content, dict) or content.get("plan_version") != _VERSION:
        raise SettingsError(f"{path} is no plan of this version of the loader; `plan SHEET --out {path}` writes one")
    try:
        return PlanFile(
            content["sheet"],
            content["sheet_digest"],
            content["account"],
            content["application"],
            content["api_version"],
            content["options"],
            frozenset(name_key(row["name"]) for row in content["rows"] if row["verdict"] in SENDS),
        )
    except (KeyError, TypeError) as error:
        raise SettingsError(f"{path} is not a complete plan: make a new one") from error
