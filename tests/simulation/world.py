"""The server of a schedule, in memory, with its other users and its weather; it shares no code with the loader.

A request that has left is worked on whatever becomes of the client: a campaign is made up to `timeout` seconds after
its request arrived, and shows up in the list up to `lag` seconds after that.
"""

from __future__ import annotations

import asyncio
import html
import json
import math
from collections import Counter
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Collection, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Weather:
    """How often, among a hundred, a request meets each fate; the rest goes well."""

    creates: Mapping[str, int] = field(default_factory=dict)
    pages: Mapping[str, int] = field(default_factory=dict)


CALM = Weather()

# what can become of a create; `refused` and `unreachable`: before a byte of it has left
CREATE_FATES = (
    "refused",
    "unreachable",
    "slow way",
    "slow",
    "lost",
    "hung",
    "swallowed",
    "swallowed, hung",
    "error, created",
    "error",
    "throttled",
    "too early",
    "vague",
    "accepted",
    "accepted, nothing made",
    "body cut",
    "denied",
)
PAGE_FATES = (
    "refused",
    "unreachable",
    "slow way",
    "slow",
    "swallowed",
    "hung",
    "error",
    "throttled",
    "garbled",
    "body cut",
)


@dataclass(frozen=True, slots=True)
class Customs:
    """How this server behaves in all weathers. `counts`: the signals of the list that say whether more follows."""

    timeout: float
    lag: float
    unique_names: bool
    page_cap: int
    counts: Sequence[str]
    order: str  # newest; oldest or by name whatever is asked for; or it refuses to be asked
    times: bool
    dates: bool
    clock: datetime  # at the beginning of the schedule
    skew: float = 0.0  # how far the clock that stamps campaigns is ahead of the one in the Date header
    keeps: str = "as sent"  # how names are kept, one of KEPT
    alters: bool = False  # whether it keeps another priority than was sent


@dataclass(frozen=True, slots=True)
class Entry:
    """One campaign at the server, called `name` there. `of`: the name that was sent, as names are compared.

    `stamp`: when it was made by the server's own clock. `ours`: made by a create of the loader.
    """

    campaign_id: str
    name: str
    of: str
    made: float
    stamp: datetime
    seen: float
    item: Mapping[str, Any]
    ours: bool
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    whole: bool = True


# how servers are known to keep names
KEPT: Mapping[str, Callable[[str], str]] = {
    "as sent": lambda name: name,
    "escaped": html.escape,
    "cut": lambda name: name[:30],
    "without emoji": lambda name: "".join(letter for letter in name if ord(letter) < 0x10000),
    "with question marks": lambda name: name.encode("ascii", "replace").decode(),
    "trimmed": lambda name: name.replace("  ", " ").strip(),
}


def identity(name: str) -> str:
    """What this server takes for one name."""
    return " ".join(name.split()).lower()


class World:
    def __init__(self, rng: random.Random, customs: Customs, note: Callable[[str], None], met: Counter[str]) -> None:
        self.rng, self.customs, self.weather, self.note, self.met = rng, customs, CALM, note, met
        self.entries: list[Entry] = []
        self.ever: list[Entry] = []
        self.refuses: set[str] = set()
        self.accepted_nothing: set[str] = set()
        self.refused_as_taken: set[str] = set()
        self.wanted: list[Mapping[str, Any]] = []  # what was to be created, also what never arrived
        self.not_allowed: set[str] = set()  # names of rows that the account lacks a permission for
        self.borne: Callable[[], Collection[str]] = tuple  # ids that the journal has for rows
        self.verdicts: dict[str, list[tuple[str, str]]] = {}  # by process: rows, and what it was told of their creates
        self.made_by: Counter[str] = Counter()
        self.side_by_side: dict[str, dict[str, set[str]]] = {}  # by process and name: ids that one reading showed
        self.removed: set[str] = set()  # ids of those that were deleted as a request asked for it
        self.begun = 0  # how often a run was begun or taken up again
        self._maker: dict[str, str] = {}
        self._readings: dict[str, dict[str, set[str]]] = {}
        self.left: list[float] = []
        self.twice: list[str] = []
        self._number = 0
        self._denied_until = self._set_ahead = 0.0
        self._context = copy_context()  # of the world: our machine may be suspended, and this goes on

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def calm_down(self) -> None:
        self.weather, self._denied_until = CALM, 0.0

    def fate(self, *, create: bool) -> str:
        if self.now < self._denied_until:
            return "denied"
        fates = self.weather.creates if create else self.weather.pages
        point = self.rng.random() * 100
        for fate, weight in fates.items():
            point -= weight
            if point < 0:
                self.met[f"{'create' if create else 'list'}: {fate}"] += 1
                if fate == "denied" and self.rng.random() < 0.5:  # not this token only
                    self._denied_until = self.now + self.rng.random() * 60
                return fate
        return "well"

    def ours(self, of: str) -> list[Entry]:
        return [entry for entry in self.ever if entry.ours and entry.of == of]

    def there(self, of: str) -> list[Entry]:
        """Those of ours that nobody has deleted."""
        return [entry for entry in self.entries if entry.ours and entry.of == of]

    def foreign(self, of: str) -> list[Entry]:
        return [entry for entry in self.ever if not entry.ours and entry.of == of]

    def maker(self, entry: Entry) -> str:
        """The process that made it; blank for one of somebody else."""
        return self._maker.get(entry.campaign_id, "")

    def is_taken(self, name: str) -> bool:
        """Whether there is a campaign of that name, as it would be kept."""
        kept = identity(KEPT[self.customs.keeps](name))
        return any(identity(entry.name) == kept for entry in self.entries)

    def set_clock(self, seconds: float) -> None:
        """Somebody sets the server's clock."""
        self.note(f"the server's clock is set by {seconds:.3f} s")
        self._set_ahead += seconds

    def delete(self, entry: Entry) -> None:
        if entry in self.entries:
            self.note(f"somebody deletes {entry.campaign_id} '{entry.name}'")
            self.entries.remove(entry)

    def make(self, fields: Mapping[str, Any], *, ours: bool, age: float = 0.0, by: str = "") -> Entry:
        """Make a campaign of a create's fields now, or `age` seconds ago."""
        self._number += 1
        made = self.now - age
        seen = made + _mostly(self.rng, 0.0, self.customs.lag)
        item = {
            "_id": f"c-{self._number}",
            "name": KEPT[self.customs.keeps](fields["name"]),
            "status": "Preparing",
            "contactLists": fields["contactLists"],
            "dialingMode": fields["dialingMode"],
            "priority": str(1 + int(fields["priority"]) % 5) if self.customs.alters else fields["priority"],
            "connection": fields["experienceFlowName"],
        }
        stamp = self._clock(made) + timedelta(seconds=self.customs.skew)
        if self.customs.times:
            item["createdAt"] = item["updatedAt"] = stamp.isoformat(timespec="milliseconds")
        entry = Entry(item["_id"], item["name"], identity(fields["name"]), made, stamp, seen, item, ours, fields)
        if ours and self.there(entry.of):
            self.twice.append(entry.of)
        self.made_by[by] += 1
        self._maker[entry.campaign_id] = by
        self.entries.append(entry)
        self.ever.append(entry)
        self.note(f"{'MADE' if ours else 'somebody makes'} {entry.campaign_id} '{entry.name}', listed {seen:.3f}")
        return entry

    def answered(self, by: str, method: str, target: str, body: bytes, reply: Reply) -> None:
        """What a process is told, and so has to reckon with."""
        if method != "POST" or not reply.whole:
            return
        fields = json.loads(body)
        if not target.endswith("getAllCampaignDetails"):
            self.verdicts.setdefault(by, []).append((identity(fields["name"]), _verdict(reply)))
        elif reply.status == 200 and b'"results"' in reply.body:
            if fields["skip"] == 0:
                self._readings[by] = {}
            for item in json.loads(reply.body)["data"]["results"]:
                shown = self._readings[by].setdefault(identity(item["name"]), set())
                shown.add(item["_id"])
                if len(shown) > 1:
                    self.side_by_side.setdefault(by, {})[identity(item["name"])] = shown

    def receive(self, method: str, target: str, body: bytes, fate: str, *, by: str) -> asyncio.Future[Reply]:
        """What a request that arrived whole is answered; no answer in it is one that never comes."""
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        fields = json.loads(body or b"{}")
        if fate == "denied":
            self._after(self.rng.random() / 10, _give, answer, _refusal(401, "token refused"))
        elif target.endswith("getAllCampaignDetails"):
            self._answered(lambda: self._page(fields), fate, answer)
        elif method != "POST":
            campaign_id = target.partition("?")[0].rpartition("/")[2]
            work = self._read if method == "GET" else self._remove
            if method == "DELETE" and fate == "garbled":  # its status line says yes, and that is so
                self._remove(campaign_id)
            if method == "DELETE" and fate in ("hung", "swallowed", "error") and self.rng.random() < 0.5:
                self._after(self.rng.random() * self.customs.timeout, self._remove, campaign_id)
            self._answered(lambda: work(campaign_id), fate, answer)
        else:
            self._create(fields, fate, answer, by)
        return answer

    def _create(  # noqa: C901, PLR0912 - one case a fate
        self, fields: Mapping[str, Any], fate: str, answer: asyncio.Future[Reply], by: str
    ) -> None:
        rng, timeout = self.rng, self.customs.timeout
        work = rng.random() * timeout if fate == "slow" else _mostly(rng, rng.random() / 2, timeout)
        early = rng.random() * timeout if rng.random() < 0.5 else rng.random() * 0.2
        match fate:
            case "lost":
                self._after(work, self._made, fields, by, None)
                self._after(early, _cut, answer)
            case "hung":
                self._after(work, self._made, fields, by, None)
            case "swallowed":
                self._after(early, _cut, answer)
            case "swallowed, hung":
                pass
            case "error, created":
                self._after(work, self._made, fields, by, None)
                self._after(early, _give, answer, _error(rng))
            case "error":
                self._after(early, _give, answer, _error(rng))
            case "throttled":
                self._after(early / 10, _give, answer, _throttled(rng))
            case "too early":
                self._after(early / 10, _give, answer, Reply(rng.choice((423, 425)), b""))
            case "vague":
                vague = Reply(200, rng.choice((b"", b"{}", b'{"status":"success"}', b"<html>ok</html>")))
                self._after(work, self._made, fields, by, lambda _: _give(answer, vague))
                self._after(work, self._perhaps_nothing, fields)
            case "accepted":
                self._after(work, self._made, fields, by, None)
                self._after(work, self._perhaps_nothing, fields)
                self._after(min(early, work), _give, answer, Reply(202, b""))
            case "accepted, nothing made":
                self.accepted_nothing.add(identity(fields["name"]))
                self._after(early, _give, answer, Reply(202, b""))
            case "another's id":
                self._after(work, self._made, fields, by, lambda reply: _give(answer, self._misnamed(reply, by)))
            case _:
                whole = fate != "body cut"
                self._after(work, self._made, fields, by, lambda reply: _give(answer, reply, whole=whole))

    def _misnamed(self, reply: Reply, by: str) -> Reply:
        """The same answer with the id of a campaign that another row has already.

        One that the same process made: what another one is given meanwhile, it learns with its next run.
        """
        borne = sorted(one for one in self.borne() if self._maker.get(one) == by)
        if reply.status != 201 or not borne:
            return reply
        told = {"id": self.rng.choice(borne), "status": "Preparing"}
        return Reply(201, json.dumps({"status": "success", "data": told}).encode())

    def _made(self, fields: Mapping[str, Any], by: str, tell: Callable[[Reply], None] | None) -> None:
        of = identity(fields["name"])
        if of in self.refuses:
            reply = _refusal(400, "maxAttemptsPerRecord is not valid")
        elif of in self.not_allowed:
            reply = _refusal(403, "caller ID is not allowed")
        elif self.customs.unique_names and self.is_taken(fields["name"]):
            self.refused_as_taken.add(of)
            reply = _refusal(400, "Campaign name already exists")
        else:
            entry = self.make(fields, ours=True, by=by)
            data = {"id": entry.campaign_id, "name": entry.name, "status": "Preparing"}
            reply = Reply(201, json.dumps({"status": "success", "data": data}).encode())
        if tell is not None:
            tell(reply)

    def _perhaps_nothing(self, fields: Mapping[str, Any]) -> None:
        """It said yes, and then had a reason not to."""
        if not self.ours(of := identity(fields["name"])):
            self.accepted_nothing.add(of)

    def _read(self, campaign_id: str) -> Reply:
        for entry in self.entries:
            if entry.campaign_id == campaign_id:
                data = {**entry.fields, **entry.item}
                return Reply(200, json.dumps({"status": "success", "data": data}).encode())
        return _refusal(404, "no such campaign")

    def _remove(self, campaign_id: str) -> Reply:
        for entry in self.entries:
            if entry.campaign_id == campaign_id:
                self.removed.add(campaign_id)
                self.delete(entry)
                return Reply(200, b'{"status":"success"}')
        return _refusal(404, "no such campaign")

    def _answered(self, work: Callable[[], Reply], fate: str, answer: asyncio.Future[Reply]) -> None:
        rng = self.rng
        early = rng.random() * (self.customs.timeout if fate == "slow" or rng.random() < 0.05 else 0.3)
        match fate:
            case "hung":
                pass
            case "swallowed":
                self._after(early, _cut, answer)
            case "error":
                self._after(early, _give, answer, _error(rng))
            case "throttled":
                self._after(early, _give, answer, _throttled(rng))
            case "garbled":
                self._after(early, _give, answer, Reply(200, rng.choice((b"", b"[]", b'{"status":"success"}'))))
            case _:
                whole = fate != "body cut"
                seen = rng.random() * early
                self._after(seen, lambda: self._after(early - seen, _give, answer, work(), whole=whole))

    def _page(self, fields: Mapping[str, Any]) -> Reply:
        customs, now = self.customs, self.now
        if "sortBy" in fields and customs.order == "refuses":
            return _refusal(400, "sortBy.name must be included")
        newest_first = "sortBy" in fields and customs.order == "newest"
        listed = sorted((entry for entry in self.entries if entry.seen <= now), key=lambda it: (it.stamp, it.made))
        if customs.order == "by name":
            listed.sort(key=lambda it: identity(it.name))
        elif newest_first:
            listed.reverse()
        limit = min(fields["limit"], customs.page_cap)
        shown = listed[fields["skip"] : fields["skip"] + limit]
        data: dict[str, Any] = {"results": [entry.item for entry in shown]}
        if "total" in customs.counts:
            data["totalResults"] = len(listed)
        if "pages" in customs.counts:
            data["totalPages"] = math.ceil(len(listed) / limit)
        if "more" in customs.counts:
            data["hasMore"] = fields["skip"] + len(shown) < len(listed)
        headers = {"Date": format_datetime(self._clock(now), usegmt=True)} if customs.dates else {}
        self.note(f"page from {fields['skip']}: {' '.join(entry.campaign_id for entry in shown)} of {len(listed)}")
        return Reply(200, json.dumps({"status": "success", "data": data}).encode(), headers)

    def _clock(self, at: float) -> datetime:
        return self.customs.clock + timedelta(seconds=at + self._set_ahead)

    def _after(self, seconds: float, what: Callable[..., object], *arguments: object, **named: object) -> None:
        asyncio.get_running_loop().call_later(seconds, lambda: what(*arguments, **named), context=self._context)


def _verdict(reply: Reply) -> str:
    if reply.status == 403:
        return "not allowed"
    return "got through" if reply.status == 201 or b"maxAttempts" in reply.body else "nothing"


def _mostly(rng: random.Random, usual: float, longest: float) -> float:
    """A time that is the usual one, or as long as can be, or something between: extremes find more."""
    return rng.choice((usual, usual, usual, longest, longest * rng.random()))


def _give(answer: asyncio.Future[Reply], reply: Reply, *, whole: bool = True) -> None:
    if not answer.done():
        answer.set_result(reply if whole else Reply(reply.status, reply.body[:-1], reply.headers, whole=False))


def _cut(answer: asyncio.Future[Reply]) -> None:
    if not answer.done():
        answer.set_exception(aiohttp.ServerDisconnectedError())
        answer.exception()  # nobody may be left to ask for it


def _error(rng: random.Random) -> Reply:
    return Reply(rng.choice((500, 502, 503, 504, 520)), b"<html><title>upstream</title></html>")


def _throttled(rng: random.Random) -> Reply:
    waits: Sequence[str | None] = (None, "0", "1", "20", "120", "nonsense")
    wait = rng.choice(waits)
    return Reply(429, b"", {} if wait is None else {"Retry-After": wait})


def _refusal(status: int, why: str) -> Reply:
    return Reply(status, json.dumps({"errors": [{"msg": why, "code": status}]}).encode())
