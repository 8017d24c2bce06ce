"""The first rows by themselves: created, read back and compared with what was sent, before all the others follow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loader.api.campaign_diff import from_sent
from loader.api.retry import growing_pauses, retrying
from loader.errors import ApiError, CanaryError, JournalError, RejectedError, StopError, StoppedError
from loader.model.cell_reference import row_in_words
from loader.model.records import Seen, Settlement, State
from loader.model.row import Status
from loader.planning.mismatch import Mismatch, from_list, in_words, mismatches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from loader.api.client import Client
    from loader.api.messages import Listed, Stored
    from loader.config.settings import Timing
    from loader.execution.recorder import OutcomeRecorder
    from loader.execution.send_loop import SendLoop
    from loader.model.row import Outcome
    from loader.planning.plan import Candidate, Job

_MANY_ROWS = 20
_NEWEST = 100  # campaigns of the list that are looked at


def canary_size(asked: int | None, to_send: int) -> int:
    """How many rows go first, of so many that are to be sent. `asked`: None where nothing was said about it."""
    usual = 1 if to_send > _MANY_ROWS else 0
    return min(usual if asked is None else asked, to_send)


def canary_requests(asked: int | None, to_send: int) -> int:
    """The requests that comparing takes, all being well: one a campaign, and one to the campaign list for all."""
    size = canary_size(asked, to_send)
    return size + 1 if size else 0


class Canary:
    """`now` is a clock that never jumps, in UTC.

    `mismatches` is what was found.
    """

    def __init__(
        self, client: Client, loop: SendLoop, recorder: OutcomeRecorder, timing: Timing, *, now: Callable[[], datetime]
    ) -> None:
        self._client, self._loop, self._recorder = client, loop, recorder
        self._settle, self._patience, self._now = timing.settle, timing.patience.total_seconds(), now
        self.mismatches: list[Mismatch] = []

    async def send_first(self, jobs: Sequence[Job], size: int) -> Sequence[Job]:
        """Send rows until `size` of them were created and compared, and return those that are left.

        The loop is halted when a campaign differs from what was sent, or cannot be compared.
        """
        sent = compared = 0
        try:
            while sent < len(jobs) and compared < size and self._loop.halted is None:
                first = jobs[sent : sent + size - compared]
                sent += len(first)
                await self._loop.send(first, alone=True)
                self._halt_if_unknown(first)
                made = self._created(first)
                await self._compare(made)
                compared += len(made)
        except JournalError as error:
            self._loop.halt(error)
        return jobs[sent:]

    def _halt_if_unknown(self, jobs: Sequence[Job]) -> None:
        """What nobody knows of one would most likely be unknown of all others too."""
        reported = (self._recorder.reported.get(job.candidate.key) for job in jobs)
        for outcome in reported:
            if outcome is not None and outcome.status is Status.UNKNOWN:
                self._loop.halt(CanaryError(_unknown(outcome)))

    def _created(self, jobs: Sequence[Job]) -> list[tuple[Candidate, Outcome]]:
        reported = ((job.candidate, self._recorder.reported.get(job.candidate.key)) for job in jobs)
        return [(candidate, outcome) for candidate, outcome in reported if outcome and outcome.status is Status.CREATED]

    async def _compare(self, made: Sequence[tuple[Candidate, Outcome]]) -> None:
        if self._loop.halted is not None or not made:
            return
        try:
            stored = [await self._read(outcome) for _, outcome in made]
            listed = await self._newest()
        except (StopError, StoppedError, CanaryError) as error:
            self._loop.halt(error)
            return
        except ApiError as error:
            self._loop.halt(CanaryError(_cannot_be_compared(str(error))))
            return
        altered = 0
        for (candidate, outcome), campaign in zip(made, stored, strict=True):
            found = self._differences(candidate, campaign, listed.get(campaign.campaign_id))
            if found:
                altered += 1
                self._report_mismatches(candidate, outcome, campaign, found)
            self.mismatches += found
        self._recorder.observe(
            [
                Seen(candidate.key, campaign.campaign_id, campaign.campaign_status, campaign.updated_at)
                for (candidate, _), campaign in zip(made, stored, strict=True)
            ]
        )
        if altered:
            self._loop.halt(CanaryError(_differ(altered, len(made))))

    async def _read(self, outcome: Outcome) -> Stored:
        campaign_id, since = outcome.campaign_id or "", self._now()
        for pause in growing_pauses(self._settle.total_seconds()):
            try:
                return await retrying(self._client, lambda: self._client.campaign(campaign_id), self._patience)
            except RejectedError as error:
                # a campaign may be readable later than its create is answered, as lists lag
                if error.status != 404 or self._now() >= since + self._settle:  # noqa: PLR2004
                    why = f"campaign {campaign_id} of {row_in_words(outcome.at)} cannot be read back: {error}"
                    raise CanaryError(_cannot_be_compared(why)) from error
            await self._loop.rest(pause)
        raise AssertionError("pauses never end")

    async def _newest(self) -> dict[str, Listed]:
        """The newest of the campaign list, by id: it names the flow or the queue, reading by id does not (5.2)."""
        try:
            page = await retrying(
                self._client, lambda: self._client.page(1, limit=_NEWEST, newest_first=True), self._patience
            )
        except RejectedError:  # this server cannot sort; what the list shows is compared at the end of the run
            return {}
        return {item.campaign_id: item for item in page.items}

    def _differences(self, candidate: Candidate, campaign: Stored, listed: Listed | None) -> list[Mismatch]:
        differences = from_sent(self._client.fields(candidate.campaign), campaign.fields)
        known = {difference.field for difference in differences}
        if listed is not None:
            shown = from_list(candidate.shown, listed.shown)
            differences += [difference for difference in shown if difference.field not in known]
        return mismatches(candidate, campaign.campaign_id, differences)

    def _report_mismatches(
        self, candidate: Candidate, outcome: Outcome, campaign: Stored, found: Sequence[Mismatch]
    ) -> None:
        message = "; ".join(filter(None, (outcome.message, in_words(found))))
        attempt = replace(
            outcome.attempt,
            message=message,
            campaign_id=campaign.campaign_id,
            campaign_status=campaign.campaign_status,
        )
        settlement = Settlement(candidate.key, State.CREATED, attempt)
        self._recorder.settle(candidate, settlement, Status.CREATED)


def _differ(altered: int, of: int) -> str:
    which = "the first campaign is" if of == 1 else f"of the first {of} campaigns {altered} are"
    return (
        f"{which} not on the server as sent, so no more were sent; "
        "`--canary 0` or LOADER_CANARY=0 sends the others all the same"
    )


def _unknown(outcome: Outcome) -> str:
    return (
        f"what became of the first campaign, {row_in_words(outcome.at)}, is unknown, so no more were sent: "
        f"{outcome.message}; "
        "`--canary 0` or LOADER_CANARY=0 sends the others all the same"
    )


def _cannot_be_compared(why: str) -> str:
    return (
        f"the first campaign cannot be compared with what was sent: {why}; "
        "`--canary 0` or LOADER_CANARY=0 sends the others without comparing"
    )
