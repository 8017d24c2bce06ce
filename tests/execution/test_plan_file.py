"""A plan file that somebody has edited is a sentence, and never taken for something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from loader.errors import SettingsError
from loader.execution.plan_file import read_plan
from loader.planning.request import LoadRequest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeSettings

PLAN: dict[str, Any] = {
    "plan_version": 1,
    "made_at": "2026-11-28T10:00:00+00:00",
    "sheet": "april.xlsx",
    "sheet_digest": "d",
    "account": "a",
    "application": "b",
    "api_version": "v1",
    "options": LoadRequest("april.xlsx", b"").options() | {"mapping": {}, "skip": ["queues"], "canary": 1},
    "requests": 3,
    "rows": [{"row": 2, "name": "Recall", "verdict": "new"}],
}
VALUES: tuple[Any, ...] = (
    None,
    1,
    -1.5,
    "x",
    True,
    [],
    {},
    [1],
    [[]],
    {"a": 1},
    [{"name": 1, "verdict": "new"}],
    {"queues": {}},
)


def edited() -> list[Any]:
    plans: list[Any] = list(VALUES)
    for place in (PLAN, PLAN["options"]):
        for key in place:
            for value in (*VALUES, ...):
                inner = {name: it for name, it in (place | {key: value}).items() if it is not ...}
                plans.append(inner if place is PLAN else PLAN | {"options": inner})
    return plans


def test_whatever_is_edited_in_a_plan_it_is_a_plan_or_a_sentence(tmp_path: Path, make_settings: MakeSettings) -> None:
    path, settings = tmp_path / "plan.json", make_settings()
    for plan in edited():
        path.write_text(json.dumps(plan))
        with pytest.raises(SettingsError):  # at least sheet and account are not those of the plan
            read_plan(path).load_request(b"", settings)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\udcff", "\x00"])
def test_what_is_no_json_is_no_plan(text: str, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(SettingsError, match="is no plan"):
        read_plan(tmp_path / "plan.json")
