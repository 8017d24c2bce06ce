"""The program, with the pauses shortened that it makes where a server does not say how long."""

from __future__ import annotations

import loader.api.rate_limiter
from loader.cli.main import main as program_main

PAUSES = {"_LIMIT_PAUSE_SECONDS": 0.2, "_LONGEST_TROUBLE_PAUSE_SECONDS": 0.2}


def main() -> None:
    for name, seconds in PAUSES.items():
        assert hasattr(loader.api.rate_limiter, name)
        setattr(loader.api.rate_limiter, name, seconds)
    program_main()
