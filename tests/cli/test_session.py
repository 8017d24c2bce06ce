"""How a run is picked by what somebody typed, and options become values."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loader.cli.session import chosen, defaults_of, find, sheet_settings
from loader.config.settings import Places
from loader.errors import SettingsError
from loader.model.limits import Limits
from loader.model.records import Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.storage.journal import Journal
    from tests.conftest import MakeSettings

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


def run(run_id: str, application: str = "st-demo at http://127.0.0.1:9", hours: int = 0) -> Run:
    return Run(run_id, "acc", application, "kim", 1, "a.xlsx", "d1", {}, NOON + timedelta(hours=hours))


def test_the_beginning_of_an_id_is_enough_where_it_fits_one_run() -> None:
    known = [run("20260401-a"), run("20260402-b")]
    assert find(known, "20260402").id == "20260402-b"
    with pytest.raises(SettingsError, match=r"^'2026' fits 2 runs: 20260401-a, 20260402-b$"):
        find(known, "2026")
    with pytest.raises(SettingsError, match=r"^the journal has no run '2027'; `campaign-loader runs` lists them$"):
        find(known, "2027")


def test_without_an_id_it_is_the_last_run_of_this_application_that_needs_it(
    journal: Journal, make_settings: MakeSettings
) -> None:
    for one in (run("early"), run("late", hours=1), run("other's", "st-2 at h", hours=2)):
        with journal.carrying_out(one, b"PK"):
            pass
    settings = make_settings()
    assert chosen(journal, None, settings, wanted=lambda _: True, what="rows").id == "late"
    assert chosen(journal, None, settings, wanted=lambda it: it.id == "early", what="rows").id == "early"
    assert chosen(journal, "ear", settings, wanted=lambda _: False, what="rows").id == "early"
    with pytest.raises(SettingsError, match="has no run 'other"):
        chosen(journal, "other", settings, wanted=lambda _: True, what="rows")
    with pytest.raises(SettingsError) as caught:
        chosen(journal, None, settings, wanted=lambda _: False, what="unknown outcomes")
    assert str(caught.value) == (
        "the journal has no run with unknown outcomes in application st-demo at http://127.0.0.1:9"
    )


def test_values_for_columns_are_read_with_their_blanks_trimmed() -> None:
    assert defaults_of(None) == {}
    assert defaults_of([" Timezone = Asia/Kolkata ", "Description=a=b"]) == {
        "Timezone": "Asia/Kolkata",
        "Description": "a=b",
    }
    with pytest.raises(SettingsError, match=r"^--set 'Timezone': should be HEADER=VALUE, such as"):
        defaults_of(["Timezone"])


@pytest.mark.parametrize("spelled", [str.upper, str.lower, str.title])
@pytest.mark.parametrize("setting", [str(field.alias) for field in Places.model_fields.values()])
def test_check_obeys_every_setting_in_whatever_letters_it_is_spelled(
    setting: str, spelled: Callable[[str], str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not list(folder.iterdir())
    for name in os.environ:
        if name.upper().startswith(("LOADER_", "KORE_")):
            monkeypatch.delenv(name)
    assert sheet_settings(None, mapping=None, country=None, encoding=None) == (
        Limits(),
        None,
        "v1",
        None,
        None,
        None,
        None,
        Path("output"),
    )
    values = {
        "KORE_API_VERSION": "v2",
        "LOADER_MAPPING": "mapping.toml",
        "LOADER_COUNTRY": "US",
        "LOADER_ENCODING": "cp1252",
    }
    monkeypatch.setenv(spelled(setting), values.get(setting, "2"))
    wanted = Places.model_validate({setting: values.get(setting, "2")})
    assert sheet_settings(None, mapping=None, country=None, encoding=None) == (
        wanted.limits,
        wanted.mapping,
        wanted.api_version,
        wanted.country,
        wanted.encoding,
        wanted.sheets,
        wanted.ignore_sheets,
        wanted.output,
    )
