"""Tell stories and print what they cost: python -m tests.crash SEED [LAST SEED]; folders stay where one failed.

With a LOG behind both, a few at a time: what they cost is written there, and once more with the same LOG it goes on
where it ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.crash.campaign import Toll, campaign
from tests.crash.story import script

_PIECE = 20
_AT_ONCE = 4  # a machine that has other things to do would let servers stand still


def main() -> int:
    first, last = int(sys.argv[1]), int(sys.argv[2] if len(sys.argv) > 2 else sys.argv[1])
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    if len(sys.argv) > 3:
        return tell_pieces(first, last, Path(sys.argv[3]), folder)
    if first == last:
        sys.stdout.write(f"{script(first)}\n")
    toll = asyncio.run(campaign(range(first, last + 1), folder, os.environ))
    sys.stdout.write(f"{toll}\n{folder if toll.failed else 'nothing lost, doubled, unresolved or unexpected'}\n")
    return bool(toll.failed)


def tell_pieces(first: int, last: int, log: Path, folder: Path) -> int:
    """Each piece becomes a line of JSON; at the end there is what all of them cost."""
    pieces = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    begin = max([first, *(piece["last"] + 1 for piece in pieces)])
    for seed in range(begin, last + 1, _PIECE):
        to = min(seed + _PIECE - 1, last)
        own = folder / f"from-{seed}"  # each piece starts a fork server of its own
        own.mkdir()
        toll = asyncio.run(campaign(range(seed, to + 1), own, os.environ, at_once=_AT_ONCE))
        pieces.append(_of(toll, seed, to))
        with log.open("a") as lines:
            lines.write(f"{json.dumps(pieces[-1])}\n")
    failed = [text for piece in pieces for text in piece["failed"]]
    for what in ("kills", "commands"):
        together = sum((Counter(piece[what]) for piece in pieces), Counter[str]())
        sys.stdout.write(f"{together.total()} {what}: {dict(together.most_common())}\n")
    sys.stdout.write("\n".join([f"{len(failed)} stories with findings", *failed, ""]))
    return bool(failed)


def _of(toll: Toll, first: int, last: int) -> dict[str, object]:
    failed = [f"{ending.script}\n{ending.findings}" for ending in toll.failed]
    counts = {"stories": toll.stories, "starts": toll.starts, "kills": toll.kills, "commands": toll.commands}
    return {"first": first, "last": last, **counts, "faults": toll.met, "failed": failed}


if __name__ == "__main__":
    sys.exit(main())
