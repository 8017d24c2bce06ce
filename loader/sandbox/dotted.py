"""A field of a JSON value by its path, such as `dialingStrategy.callingHours.days.0.start`."""

from typing import Any


class NoSuchFieldError(LookupError):
    """The path leads nowhere in this value."""


def with_field(value: Any, path: str, new: object) -> Any:  # noqa: ANN401  JSON
    """Return a copy in which the field, which must be there, is `new`; the value itself is left as it is."""
    step, _, rest = path.partition(".")
    if isinstance(value, dict) and step in value:
        return {**value, step: with_field(value[step], rest, new) if rest else new}
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        index = int(step)
        inner = with_field(value[index], rest, new) if rest else new
        return [*value[:index], inner, *value[index + 1 :]]
    raise NoSuchFieldError(path)
