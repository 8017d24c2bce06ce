"""JSON read without leniency, and rules for its values, to be put together.

A rule takes a field's path and its value and yields what is wrong.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from loader.sandbox.errors import RefusedError

Json = dict[str, Any]
JsonObject = Mapping[str, Any]  # that nobody changes
Rule = Callable[[str, object], Iterator[str]]

# C0, DEL, C1, and lone surrogates, which JSON can spell and UTF-8 cannot
_NOT_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def text(longest: int | None = None, *, plain: bool = True) -> Rule:
    """Characters are code points; `plain` refuses control characters and blanks alone."""

    def rule(path: str, value: object) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"{path} must be a string"
        elif not value:
            yield f"{path} is empty"
        elif longest is not None and len(value) > longest:
            yield f"{path} has {len(value)} characters, at most {longest} are allowed"
        elif plain and _NOT_TEXT.search(value):
            yield f"{path} contains a control character"
        elif plain and value.isspace():
            yield f"{path} is blank"

    return rule


def whole(lowest: int, highest: int | None = None) -> Rule:
    """A JSON integer: 3.0, "3" and true are none."""

    def rule(path: str, value: object) -> Iterator[str]:
        if type(value) is not int:
            yield f"{path} must be an integer"
        elif value < lowest or (highest is not None and value > highest):
            yield f"{path} must be {lowest} {'or more' if highest is None else f'to {highest}'}, not {value}"

    return rule


def flag(path: str, value: object) -> Iterator[str]:
    if type(value) is not bool:
        yield f"{path} must be true or false"


def one_of(*allowed: str) -> Rule:
    def rule(path: str, value: object) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"{path} must be a string"
        elif value not in allowed:
            yield f"{path} must be one of {', '.join(allowed)}"

    return rule


def exactly(expected: bool | str) -> Rule:
    def rule(path: str, value: object) -> Iterator[str]:
        if type(value) is not type(expected) or value != expected:
            yield f"{path} must be {str(expected).lower()}"

    return rule


def array(each: Rule, *, most: int | None = None, least: int = 0) -> Rule:
    def rule(path: str, value: object) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{path} must be an array"
            return
        if len(value) < least:
            yield f"{path} must have at least {least} entry"
        if most is not None and len(value) > most:
            yield f"{path} has {len(value)} entries, at most {most} are allowed"
        for index, entry in enumerate(value):
            yield from each(f"{path}[{index}]", entry)

    return rule


def record(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, *, of: str = "this call") -> Rule:
    """An object with these keys and no others; `of` names the owner of a field that does not belong."""
    known = {**required, **(optional or {})}

    def rule(path: str, value: object) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path or 'body'} must be an object"
            return
        prefix = f"{path}." if path else ""
        if not required.keys() <= value.keys():
            yield from (f"{prefix}{key} is missing" for key in required if key not in value)
        for key, entry in value.items():
            field = known.get(key)
            if field is None:
                yield f"{prefix}{key} is not a field of {of}"
            else:
                yield from field(f"{prefix}{key}", entry)

    return rule


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
