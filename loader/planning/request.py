"""What to load and how, and its rows ready to be sent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from loader.api.versions import BODIES
from loader.model.campaign import name_key
from loader.model.row import Check, Gone, Status, shown
from loader.model.sheet_choice import ONLY_ONE, SheetChoice, choice_from
from loader.planning.corrections import stands_in_its_cell
from loader.planning.plan import Candidate, RunOptions
from loader.planning.validate import header_in
from loader.workbook.columns import BY_FIELD
from loader.workbook.mapping import NOTHING_RENAMED, Renaming, renaming_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from loader.model.records import Run, StoredOptions
    from loader.model.row import Objection, Problem, Sheet
    from loader.planning.checked import Checked
    from loader.planning.validate import ApiVersion


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """What to load and how. All but `planned` is kept with the run, so that it can be taken up from the journal alone.

    `preflight`: look at the server before the first create; `skip`: but not at these.
    `planned`: keys of the only names that may be sent, None where nobody planned.
    `encoding`: of a text that is not in Unicode, as Python names it; None where it may be guessed.
    `canary`: how many rows are sent first and compared, None where nothing was said about it.
    """

    file: str
    content: bytes
    sheets: SheetChoice = ONLY_ONE
    defaults: Mapping[str, str] = field(default_factory=dict)
    all_or_nothing: bool = False
    preflight: bool = True
    run_options: RunOptions = field(default_factory=RunOptions)
    renaming: Renaming = NOTHING_RENAMED
    planned: Collection[str] | None = None
    skip: Collection[Check] = ()
    canary: int | None = None
    encoding: str | None = None

    @property
    def checks(self) -> frozenset[Check]:
        return frozenset(Check).difference(self.skip) if self.preflight else frozenset()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def unguessed(self, encoding: str | None) -> LoadRequest:
        """The same where nobody would see what a guess has made of the letters of a text."""
        return replace(self, encoding=self.encoding or encoding or "utf-8")

    def options(self) -> StoredOptions:
        """All but file and content, as JSON."""
        options: StoredOptions = {
            "sheets": self.sheets.plain,
            "defaults": dict(self.defaults),
            "all_or_nothing": self.all_or_nothing,
            "preflight": self.preflight,
            "retry_rejected": self.run_options.retry_rejected,
            "recreate": sorted(self.run_options.recreate),
            "limit": self.run_options.limit,
        }
        # runs that were begun before there were any have none
        if self.renaming.plain:
            options["mapping"] = self.renaming.plain
        if self.skip:
            options["skip"] = sorted(self.skip)
        if self.canary is not None:
            options["canary"] = self.canary
        if self.encoding is not None:
            options["encoding"] = self.encoding
        return options


def request_of(run: Run, content: bytes) -> LoadRequest:
    """What a run was begun with."""
    return request_from(run.options, run.file, content)


def request_from(options: StoredOptions, file: str, content: bytes) -> LoadRequest:
    """What `LoadRequest.options` gave."""
    return LoadRequest(
        file,
        content,
        _sheets_in(options),
        options["defaults"],
        options["all_or_nothing"],
        options["preflight"],
        RunOptions(options["retry_rejected"], frozenset(options["recreate"]), options["limit"]),
        renaming_of(options.get("mapping", {})),
        skip=frozenset(map(Check, options.get("skip", ()))),
        canary=options.get("canary"),
        encoding=options.get("encoding"),
    )


def _sheets_in(options: StoredOptions) -> SheetChoice:
    """Runs that were begun by an older version say which sheet it is, or nothing: then it was the first one."""
    if "sheets" in options:
        return choice_from(options["sheets"])
    return SheetChoice(first=True) if options["sheet"] is None else SheetChoice((options["sheet"],))


def unfinished(run: Run) -> bool:
    """Whether it was killed or stopped, or left rows that the next run sends; one that was undone is done with."""
    counts = run.counts or {}
    left = run.ended_at is None or Status.NOT_SENT in counts
    return left and Gone.DELETED not in counts and run.pruned_at is None


def has_unknown(run: Run) -> bool:
    """Whether it left rows of unknown outcome, which no run sends and `reconcile` looks up."""
    return run.pruned_at is None and bool((run.counts or {}).get(Status.UNKNOWN))


def candidates_in(checked: Checked, api_version: ApiVersion) -> list[Candidate]:
    body_of = BODIES[api_version].body_of
    candidates = []
    for ready in checked.ready:
        one, body = ready.campaign, body_of(ready.campaign)
        candidates.append(
            Candidate(ready.row, one, name_key(one.name), hashlib.sha256(body).hexdigest(), body, ready.sheet)
        )
    return candidates


def placing(sheets: Sequence[Sheet]) -> Callable[[Objection], Problem]:
    """How what is said against a row gets its cell, its header, and what the cell holds."""
    drafts = {(sheet.label, draft.row): draft for sheet in sheets for draft in sheet.drafts}
    labelled = {sheet.label: sheet for sheet in sheets}

    def place(objection: Objection) -> Problem:
        row, field = objection.row, objection.field
        if not field:
            return objection.at()
        sheet = labelled.get(objection.sheet)
        if sheet is None:  # it is about rows of several sheets
            return objection.at(header=BY_FIELD[field].header)
        draft = None if row is None else drafts[objection.sheet, row]
        if objection.fixes and not (draft and stands_in_its_cell(sheet, draft, field)):
            objection = replace(objection, fixes=())
        seen = draft.values.get(field) if draft else None
        return objection.at(sheet.columns.get(field), header_in(sheet, field), shown(seen))

    return place
