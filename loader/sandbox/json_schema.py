"""Rules for JSON values, to be put together: a rule takes a field's path and its value and yields what is wrong."""

import re
from collections.abc import Callable, Iterator, Mapping

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
