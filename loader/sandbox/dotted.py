"""A field of a JSON value by its path, such as `dialingStrategy.callingHours.days.0.start`."""

from collections.abc import Sequence
from typing import Any

from loader.sandbox.errors import SandboxError


def with_field(value: Any, path: str, new: object) -> Any:  # noqa: ANN401  JSON
    """Return a copy in which the field, which must be there, is `new`; the value itself is left as it is."""
    try:
        return _with(value, path.split("."), new)
    except LookupError as error:
        raise SandboxError(f"there is no field {path}") from error


def _with(value: Any, steps: Sequence[str], new: object) -> Any:  # noqa: ANN401  JSON
    if not steps:
        return new
    step, *rest = steps
    if isinstance(value, dict):
        return {**value, step: _with(value[step], rest, new)}
    if isinstance(value, list) and step.isdecimal():
        index = int(step)
        return [*value[:index], _with(value[index], rest, new), *value[index + 1 :]]
    raise KeyError(step)
