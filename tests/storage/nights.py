"""Loads as the journal sees them: what a run writes down, without the run."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import text

from loader.model.attempt import Attempt
from loader.model.records import Intent, Run, Settlement, State
from loader.model.row import Outcome, Status
from tests.candidates import candidate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from loader.planning.plan import Candidate
    from loader.storage.journal import Journal

APP = "st-1 at https://platform.kore.ai"
_TOGETHER = 64
_WORKBOOK_BYTES_A_ROW = 93  # as measured of a workbook with all columns in use


def campaigns(first: int, number: int) -> list[Candidate]:
    """Campaigns of which no two are alike, under names that are numbered from the first on."""
    return [
        candidate(
            row,
            f"Campaign {one:07}",
            description=f"Calls of campaign {one} to policy holders whose contract ends this spring",
            contact_lists=(f"list-{one % 400}", f"list-{one % 400 + 1}"),
        )
        for row, one in enumerate(range(first, first + number), start=2)
    ]


def id_of(one: Candidate) -> str:
    digits = sha256(one.body).hexdigest()
    return f"cd-{digits[:7]}-{digits[7:11]}-{digits[11:15]}-{digits[15:19]}-{digits[19:31]}"


def load(journal: Journal, rows: Sequence[Candidate], at: datetime) -> Run:
    """Create those that are new, and end the run with an outcome for all."""
    run, workbook = _begun(len(rows), at)
    with journal.carrying_out(run, workbook):
        known = journal.take(APP, run, {one.key: one.name for one in rows}).records
        new = [one for one in rows if one.key not in known or known[one.key].state is State.OPEN]
        _create(journal, run, new, at)
        ended = replace(run, ended_at=at + timedelta(hours=1), requests=len(new), counts={"Created": len(rows)})
        records = journal.records(APP, [one.key for one in rows])
        journal.end(
            ended,
            [Outcome(it.row, it.name, Status.CREATED, records[it.key].attempt, records[it.key].run) for it in rows],
        )
    return ended


def load_again(journal: Journal, first: Run, at: datetime) -> Run:
    """A run of as many rows that finds all of them created, as another one did; at a tenth of the cost of `load`."""
    rows = (first.counts or {})["Created"]
    run, workbook = _begun(rows, at)
    with journal.carrying_out(run, workbook):
        ended = replace(run, ended_at=at + timedelta(hours=1), counts=first.counts)
        journal.end(ended, [])
    with journal.database.writing() as connection:
        connection.execute(_SAME_OUTCOMES, {"of": run.id, "as_of": first.id})
    return ended


_SAME_OUTCOMES = text("""
INSERT INTO outcome SELECT mine.number, sheet, from_row, content FROM outcome, identifier AS mine, identifier AS other
WHERE mine.text = :of AND other.text = :as_of AND of_run = other.number
""")


def _begun(rows: int, at: datetime) -> tuple[Run, bytes]:
    """A run, and its workbook: no two are alike, and none can be packed."""
    workbook = b"PK" + random.Random(at.timestamp()).randbytes(rows * _WORKBOOK_BYTES_A_ROW)  # noqa: S311
    digest = sha256(workbook).hexdigest()
    run_id = f"{at:%Y%m%d-%H%M%S}-{digest[:6]}"
    return Run(run_id, "acc at h", APP, "kim", 1, "april.xlsx", digest, {}, at), workbook


def _create(journal: Journal, run: Run, rows: Sequence[Candidate], at: datetime) -> None:
    journal.remember_lookalikes(run.id, {one.digest: set() for one in rows[::8]})
    for first in range(0, len(rows), _TOGETHER):
        some = rows[first : first + _TOGETHER]
        intents = [Intent(it.key, it.digest, it.body, clear=True, since=at, was=State.OPEN) for it in some]
        journal.claim(APP, run.id, intents)
        journal.settle(
            APP,
            run.id,
            [
                Settlement(
                    it.key,
                    State.CREATED,
                    Attempt(id_of(it), "Preparing", 200, 1, at + timedelta(seconds=first / 7 + number / 3)),
                )
                for number, it in enumerate(some)
            ],
        )
