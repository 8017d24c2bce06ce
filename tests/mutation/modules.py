"""The modules that keep the promise, their own tests, and the changes of them that change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUSE = Path(__file__).parents[2]
MODULES = {
    "execution/sender": ["execution/test_sender_answers.py"],
    "execution/send_loop": ["execution/test_send_loop.py"],
    "execution/lookup": ["execution/test_lookup.py"],
    "planning/reconcile": ["planning/test_reconcile.py"],
    "planning/plan": ["planning/test_plan.py"],
    "storage/journal": ["storage/test_journal.py"],
    "storage/campaign_store": ["storage/test_journal.py", "storage/test_years_of_history.py", "storage/test_prune.py"],
    "storage/fence": ["storage/test_journal.py"],
    "api/rate_limiter": ["api/test_rate_limiter.py"],
    "api/responses": ["api/test_responses.py"],
    "api/campaign_list": ["api/test_campaign_list.py", "api/test_listing.py"],
    "api/listing": ["api/test_listing.py"],
}
# by module and change, each with its reason
EQUIVALENT: Mapping[str, Mapping[str, str]] = {
    "execution/send_loop": {
        "_work: if not self._is_sending(): -> if True:": "whoever looks finds that it is not time yet",
    },
    "execution/lookup": {
        "_conclude: assert_never(said) -> pass": "nothing comes there",
        "_reopen: self._now() - self._first_absent.setdefault(pending.doubt.key, self._now()) >= self._patience -> "
        "self._now() - self._first_absent.setdefault(pending.doubt.key, self._now()) > self._patience": (
            "no two readings are that far apart to the moment"
        ),
        "_searched: 1 -> 2": "one search is as many as there may be",
    },
    "api/campaign_list": {
        "__init__: False -> True": "the first page says so before anybody asks",
        "read_on: 1 -> 2": "the pages that were read just now are among what is joined",
    },
    "storage/journal": {
        "take: True -> False (2)": "who only looks takes nothing either way",
    },
    "storage/fence": {
        "end_hold_of: if runs: -> if True:": "a statement about no run changes nothing",
    },
    "api/responses": {
        "_code: 400 -> 401": "400 is what counts where there is no code",
    },
    "api/rate_limiter": {
        "_next_slot: 50 -> 51": "how often within a slot the throttler looks is nobody's concern",
        "_shared_slot: (left := (begins - self._now())) > 0 -> (left := (begins - self._now())) >= 0": (
            "to wait no time is not to wait"
        ),
        "_shared_slot: left > _TURNS_OF_OTHERS * self._throttler.period -> "
        "left >= _TURNS_OF_OTHERS * self._throttler.period": "no wait is that long to the moment",
        "_trouble: left_at < self._held_since -> left_at <= self._held_since": "nothing leaves as a pause begins",
        "_trouble: 9 -> 10": "the longest pause is reached before",
        "_hold: left_at >= self._held_since -> left_at > self._held_since": "nothing leaves as a pause begins",
        "_hold: now + seconds > self._held_until -> now + seconds >= self._held_until": "it ends at the same moment",
        "_share: since >= _RECOVERY_SECONDS -> since > _RECOVERY_SECONDS": "then all of it is used by either rule",
    },
}
