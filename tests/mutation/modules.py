"""The modules that keep the promise, their own tests, and the changes of them that change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUSE = Path(__file__).parents[2]
MODULES = {
    "execution/send_loop": ["execution/test_lookup.py", "execution/test_sender.py", "execution/test_canary.py"],
    "execution/sender": ["execution/test_sender.py", "execution/test_not_allowed.py"],
    "execution/lookup": ["execution/test_lookup.py"],
    "planning/reconcile": ["planning/test_reconcile.py"],
    "planning/plan": ["planning/test_plan.py"],
    "storage/journal": ["storage/test_journal.py"],
    "storage/campaign_store": ["storage/test_journal.py"],
    "storage/fence": ["storage/test_journal.py"],
    "api/rate_limiter": ["api/test_rate_limiter.py"],
    "api/responses": ["api/test_responses.py"],
    "api/campaign_list": ["api/test_campaign_list.py"],
}
# by module and change, each with its reason
EQUIVALENT: Mapping[str, Mapping[str, str]] = {}
