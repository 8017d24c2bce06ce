"""The message that somebody receives after a night; nothing where all is well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.model.redaction import as_text, discreet
from loader.model.row import Status
from loader.nightly.troubles import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loader.config.notifications import Notices
    from loader.nightly.night_report import FileReport, Night, Trouble

_AS_A_WHOLE = {
    129: "It was stopped, because the terminal or the connection was closed.",
    130: "It was stopped by Ctrl-C.",
    143: "It was stopped by a termination signal.",
    70: "A defect of the loader ended it; the journal is still right.",
    7: "Another process was running, so this one did nothing.",
    2: "A setting is wrong, or something could not be written.",
}
_LISTED_AT_MOST = 30
_OFTEN = 3


@dataclass(frozen=True, slots=True)
class Notice:
    """`reasons` are sentences; `lines` say how the night went, a workbook each."""

    subject: str
    reasons: Sequence[str]
    lines: Sequence[str]

    @property
    def text(self) -> str:
        """All of it, for a mail."""
        return "\n".join((*(f"- {reason}" for reason in self.reasons), "", *self.lines)) + "\n"


def notice_of(night: Night, notices: Notices, *, host: str, error: str = "") -> Notice | None:
    """What to report of a night; None where there is no reason to. `host`: the machine it was on; `error`: what kept it
    from beginning.
    """
    reasons = [discreet(_in_a_line(it)) for it in _reasons(night, notices, error)]
    over = [discreet(_in_a_line(it)) for it in _over(night)]
    if not reasons and not over:
        return None
    subject = f"campaign-loader on {_in_a_line(host)}: {_number(len(reasons), 'thing needs', 'things need')} a look"
    if not reasons:
        subject = f"campaign-loader on {_in_a_line(host)}: what needed a look is over"
    return Notice(subject, _cut([*reasons, *over]), [discreet(_in_a_line(it)) for it in _lines(night)])


def _reasons(night: Night, notices: Notices, error: str) -> Iterator[str]:
    if error:
        yield error
    elif night.exit_code in _AS_A_WHOLE and night.exit_code not in {it.exit_code for it in night.files}:
        yield _AS_A_WHOLE[night.exit_code]
    for report in night.files:
        for reason in _of_file(report, notices.notify_rejected_percent):
            # what is said of a sheet may begin with its name
            again = _again(night.troubles.get(name_of(report)))
            yield f"{name_of(report)}: {again}{reason.removeprefix(f'{report.file.name}: ')}"
    if night.expected and not night.came and not error:
        yield "There was nothing to load, and something was expected."
    minutes = (night.ended_at - night.started_at).total_seconds() / 60
    if notices.notify_longer_than_minutes is not None and minutes > notices.notify_longer_than_minutes:
        yield f"It took {minutes:.0f} minutes, and {notices.notify_longer_than_minutes:g} at most were expected."


def _again(trouble: Trouble | None) -> str:
    if trouble is None or trouble.times < _OFTEN:
        return ""
    return f"{trouble.times} times in a row now, since {trouble.since[:10]}: "


def _over(night: Night) -> Iterator[str]:
    for name, trouble in night.over.items():
        what = f"{name}: it went well now" if name else "Nights begin again"
        yield f"{what}; it had needed a look since {trouble.since[:10]}, {_number(trouble.times, 'time', 'times')}"


def _of_file(report: FileReport, rejected_percent: float) -> Iterator[str]:
    counts = {status: report.counts.get(status, 0) for status in Status}
    rows, rejected = sum(counts.values()), counts[Status.REJECTED]
    if report.error:
        refused = "credentials or permission were refused; " if report.exit_code == _REFUSED else ""
        yield f"{refused}{report.error}"
    if counts[Status.UNKNOWN]:
        how = "`campaign-loader reconcile` looks again"
        yield f"{_number(counts[Status.UNKNOWN], 'row has', 'rows have')} an unknown outcome; {how}"
    if counts[Status.INVALID]:
        yield f"{_number(counts[Status.INVALID], 'row is', 'rows are')} invalid; the results show where"
    if counts[Status.CONFLICT]:
        yield f"{_number(counts[Status.CONFLICT], 'row has', 'rows have')} changed after the campaign was created"
    if counts[Status.NOT_SENT] and not report.error:
        yield f"{_number(counts[Status.NOT_SENT], 'row was', 'rows were')} not sent"
    if rejected and rejected * 100 > rejected_percent * rows:
        yield f"rejected: {rejected} of {_number(rows, 'row', 'rows')}, more than {rejected_percent:g} %"


_REFUSED = 6


def _lines(night: Night) -> Iterator[str]:
    began, ended = (f"{it:%Y-%m-%d %H:%M:%S} UTC" for it in (night.started_at, night.ended_at))
    yield f"From {began} to {ended}; exit code {night.exit_code}."
    lines = []
    for report in night.files:
        counts = ", ".join(f"{number} {status.lower()}" for status, number in report.counts.items()) or "nothing sent"
        where = f"; now {report.moved_to}" if report.moved_to else "; left where it was"
        lines.append(f"{name_of(report)}: {counts}{where}")
    yield from _cut(lines)


def _cut(lines: Sequence[str]) -> Sequence[str]:
    if len(lines) <= _LISTED_AT_MOST:
        return lines
    return [*lines[: _LISTED_AT_MOST - 1], f"... and {len(lines) - _LISTED_AT_MOST + 1} more"]


def _number(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _in_a_line(text: str) -> str:
    """Whatever a file is called, and whatever a server has said: one line, without control characters."""
    return "".join(it if it.isprintable() else " " for it in as_text(text))
