"""Valid rows, ready to be sent."""

from __future__ import annotations

import hashlib
from typing import Any

from loader.model import campaign as model
from loader.planning.plan import Candidate
from tests.api.samples import WIRE, campaign


def candidate(row: int, name: str, *, digest: str | None = None, **changes: Any) -> Candidate:  # noqa: ANN401 - fields of any kind
    """The campaign of the API reference's example under this name and with these fields changed."""
    one = campaign(name=name, **changes)
    body = WIRE.body_of(one)
    return Candidate(row, one, model.name_key(name), digest or hashlib.sha256(body).hexdigest(), body)
