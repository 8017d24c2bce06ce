"""The program, with the pauses shortened that it makes where a server does not say how long.

Started as a process: python tests/hurried.py run sheet.xlsx
"""

from __future__ import annotations

import loader.api.rate_limiter
from loader.cli.main import main

PAUSES = {"_LIMIT_PAUSE_SECONDS": 0.2, "_LONGEST_TROUBLE_PAUSE_SECONDS": 0.2}


if __name__ == "__main__":
    for name, seconds in PAUSES.items():
        assert hasattr(loader.api.rate_limiter, name)
        setattr(loader.api.rate_limiter, name, seconds)
    main()
