"""Loads as the journal sees them: what a run writes down, without the run."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

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
    workbook = random.Random(at.timestamp()).randbytes(len(rows) * _WORKBOOK_BYTES_A_ROW)  # noqa: S311
    digest = sha256(workbook).hexdigest()
    run = Run(f"{at:%Y%m%d-%H%M%S}-{digest[:6]}", "acc at h", APP, "kim", 1, "april.xlsx", digest, {}, at)
    with journal.carrying_out(run, b"PK" + workbook):
        known = journal.take(APP, run, {one.key: one.name for one in rows}).records
        new = [one for one in rows if known[one.key].state is State.OPEN] if known else list(rows)
        _create(journal, run, new, at)
        records = journal.records(APP, [one.key for one in rows])
        outcomes = [
            Outcome(one.row, one.name, Status.CREATED, records[one.key].attempt, records[one.key].run) for one in rows
        ]
        ended = replace(run, ended_at=at + timedelta(hours=1), requests=len(new), counts={"Created": len(rows)})
        journal.end(ended, outcomes)
    return ended


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
