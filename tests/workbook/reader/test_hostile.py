"""No file kills the loader, hangs it, costs much, or loses a cell without a word."""

from __future__ import annotations

import os
import re
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.workbook import hostile
from tests.workbook.mutants import mutants
from tests.workbook.raw import zipped
from tests.workbook.trial import Trial, tried

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).parents[3]
TEMPLATES = sorted((ROOT / "templates").glob("*.xlsx"))
CORPUS = Path(os.environ.get("HOSTILE_CORPUS", ROOT.parent / "shared" / "corpus"))
SECONDS = 2 * (1 + os.getloadavg()[0] / (os.cpu_count() or 1))  # alone on the machine: two, and it is not always alone
PARTS = 4
PEAK_MB = 256 + 12  # beyond a bare Python
REMEDY = re.compile(
    r"save it|open it in Excel|split it|delete |rename |unhide |send the file once more|copy its cells|raise LOADER_"
)


def written(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    paths = []
    for name, content in files.items():
        paths.append(folder / f"{name}.xlsx")
        paths[-1].write_bytes(content)
    return paths


def held_to_it(trials: Iterable[Trial]) -> None:
    """Whatever holds for every file, whether it is read or not."""
    assert [trial for trial in trials if trial.seconds > SECONDS or trial.peak_mb > PEAK_MB] == []
    assert [trial for trial in trials if trial.differences] == []
    assert [trial.said for trial in trials if trial.said and not is_sentence_with_remedy(trial)] == []


def is_sentence_with_remedy(trial: Trial) -> bool:
    return trial.said.startswith(trial.file) and trial.said.endswith(".") and bool(REMEDY.search(trial.said))


@pytest.mark.parametrize("part", range(PARTS))
def test_files_that_want_too_much_are_refused(tmp_path: Path, part: int) -> None:
    files = list(hostile.REFUSED)[part::PARTS]
    trials = tried(written(tmp_path, {name: hostile.REFUSED[name]() for name in files}))
    assert [trial.file for trial in trials] == [f"{name}.xlsx" for name in files]
    held_to_it(trials)
    assert [trial.file for trial in trials if not trial.said] == []


@pytest.mark.parametrize("part", range(PARTS))
def test_files_that_are_only_odd_are_read_and_nothing_is_lost(tmp_path: Path, part: int) -> None:
    files = list(hostile.ACCEPTED)[part::PARTS]
    trials = tried(written(tmp_path, {name: hostile.ACCEPTED[name]() for name in files}))
    assert [trial.file for trial in trials] == [f"{name}.xlsx" for name in files]
    held_to_it(trials)
    assert [(trial.file, trial.said) for trial in trials if trial.said] == []


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here; HOSTILE_CORPUS may say where")
@pytest.mark.parametrize("part", range(PARTS))
def test_the_whole_corpus(part: int) -> None:
    files = [path for path in sorted(CORPUS.iterdir()) if path.suffix != ".tsv"][part::PARTS]
    trials = tried(files)
    assert [trial.file for trial in trials] == [path.name for path in files]
    held_to_it(trials)


def cuts(path: Path, places: int) -> dict[str, bytes]:
    content = path.read_bytes()
    return {f"{path.stem} {place}": content[: len(content) * place // places] for place in range(places)}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_cut_anywhere_is_refused(tmp_path: Path, template: Path) -> None:
    trials = tried(written(tmp_path, dict(list(cuts(template, 64).items())[::8])))
    held_to_it(trials)
    assert [trial.file for trial in trials if not trial.said] == []


@pytest.mark.long
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_cut_at_each_of_64_places_is_refused(tmp_path: Path, template: Path) -> None:
    trials = tried(written(tmp_path, cuts(template, 64)))
    held_to_it(trials)
    assert [trial.file for trial in trials if not trial.said] == []


@pytest.mark.long
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_every_part_of_a_template_cut_at_each_of_64_places(tmp_path: Path, template: Path) -> None:
    files: dict[str, bytes] = {}
    for name, part in hostile.unpacked(template.read_bytes()).items():
        for place in range(64):
            cut = {**hostile.unpacked(template.read_bytes()), name: part[: len(part) * place // 64]}
            files[f"{name.replace('/', ' ')} {place}"] = zipped(cut)
    held_to_it(tried(written(tmp_path, files)))


def mutated(number: int) -> dict[str, bytes]:
    random = Random(20260401)  # noqa: S311 - the same every time
    made = [mutant for path in TEMPLATES for mutant in mutants(path.read_bytes(), random, number // len(TEMPLATES))]
    return {f"mutant {at}": content for at, content in enumerate(made)}


@pytest.mark.parametrize("number", [20, pytest.param(60, marks=pytest.mark.slow)])
def test_workbooks_damaged_inside(tmp_path: Path, number: int) -> None:
    held_to_it(tried(written(tmp_path, mutated(number))))


@pytest.mark.long
def test_two_thousand_workbooks_damaged_inside(tmp_path: Path) -> None:
    held_to_it(tried(written(tmp_path, mutated(2000))))
