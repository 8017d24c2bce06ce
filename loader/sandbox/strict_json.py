"""Bytes of a request to a JSON value, with none of the leniency of a JSON library."""

import json
from typing import NoReturn

from loader.sandbox.errors import RefusedError


def value_of(raw: bytes) -> object:
    """Return the value, or refuse what RFC 8259 leaves open: NaN, doubled keys, nesting without end."""
    try:
        return _DECODER.decode(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise RefusedError(400, "body is not UTF-8") from error
    except RecursionError as error:
        raise RefusedError(400, "body is nested too deeply") from error
    except ValueError as error:
        raise RefusedError(400, f"body is not valid JSON: {error}") from error


def object_of(raw: bytes) -> dict[str, object]:
    value = value_of(raw)
    if not isinstance(value, dict):
        raise RefusedError(400, "body is not a JSON object")
    return value


def name_in(raw: bytes) -> str | None:
    """Return the name a body seems to carry, for the log: the body may be wrong in every other way."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) else None


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key '{next(key for key in keys if keys.count(key) > 1)}' appears twice")
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_without_doubles, parse_constant=_no_constant)
