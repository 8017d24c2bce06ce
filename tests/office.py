"""LibreOffice as somebody's office program: it opens a workbook, calculates it, and saves it again."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MISSING = "LibreOffice is not installed: `apt-get install --no-install-recommends libreoffice-calc` (as .ci/run does)"
_PATIENCE_SECONDS = 180
# every formula anew, whoever has saved the workbook: 0 is always (oor:path of LibreOffice's own settings)
_ALWAYS_CALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode"><value>0</value></prop></item>
</oor:items>
"""


class Office:
    """`home` is a folder for its settings, which belong to nobody else."""

    def __init__(self, home: Path) -> None:
        program = shutil.which("soffice")
        if program is None:
            if os.environ.get("CI"):
                pytest.fail(_MISSING)
            pytest.skip(_MISSING)
        self._program = program
        self._home = home
        (home / "user").mkdir(parents=True)
        (home / "user" / "registrymodifications.xcu").write_text(_ALWAYS_CALCULATE)

    def saved(self, paths: Sequence[Path], folder: Path, *, kind: str = "xlsx") -> list[Path]:
        """Open all of them and save each in the folder, as that kind of file."""
        done = subprocess.run(
            [
                *(self._program, f"-env:UserInstallation={self._home.as_uri()}", "--headless", "--norestore"),
                *("--convert-to", kind, "--outdir", str(folder), *map(str, paths)),
            ],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
        made = [folder / f"{path.stem}.{kind}" for path in paths]
        assert all(path.exists() for path in made), done.stdout + done.stderr
        return made
