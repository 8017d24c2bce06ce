"""How a server may keep a name otherwise than it was sent (reference 10.4)."""

import html
from collections.abc import Callable, Mapping

from loader.sandbox.errors import SandboxError


def spelling(how: str, length: int) -> Callable[[str], str]:
    """Return what makes the kept name of a name; `length` counts for "cut" alone."""
    if how == "cut":
        return lambda name: name[:length]
    if how not in _SPELLINGS:
        raise SandboxError(f"how = {how!r} is no spelling; there are cut, {', '.join(_SPELLINGS)}")
    return _SPELLINGS[how]


_SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "escape": html.escape,
    "trim": str.strip,
    "drop": lambda name: name.encode("ascii", "ignore").decode(),
    "question-marks": lambda name: name.encode("ascii", "replace").decode(),
}
