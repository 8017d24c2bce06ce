"""Tell stories and print what they cost: python -m tests.crash SEED [LAST SEED]; folders stay where one failed."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.crash.campaign import campaign
from tests.crash.story import script

if __name__ == "__main__":
    first, last = int(sys.argv[1]), int(sys.argv[-1])
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    if first == last:
        sys.stdout.write(f"{script(first)}\n")
    toll = asyncio.run(campaign(range(first, last + 1), folder, os.environ))
    sys.stdout.write(f"{toll}\n{folder if toll.failed else 'nothing lost, doubled, unresolved or unexpected'}\n")
    sys.exit(bool(toll.failed))
