"""The versions of the API that the loader speaks; a run keeps the one that it was begun with."""

from __future__ import annotations

from loader.api.v1 import WireV1
from loader.api.v2 import WireV2

WIRES = {wire.version: wire for wire in (WireV1, WireV2)}
# for bodies, which are the same whatever the account
BODIES = {version: wire(app_id="", account_id="") for version, wire in WIRES.items()}
