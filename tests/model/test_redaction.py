"""What is shown of texts that strangers wrote."""

from __future__ import annotations

from loader.model import redaction


def test_nothing_of_a_message_moves_the_cursor_of_a_terminal() -> None:
    letters = "".join(map(chr, (*range(32), *range(0x7F, 0xA0), 0x200B, 0x202E, 0x2028, 0xFEFF)))
    shown = redaction.for_terminal(f"one{letters}two")
    assert all(letter.isprintable() or letter == "\n" for letter in shown)
    assert redaction.for_terminal("a\x1b[2Jb\nc") == "a\\x1b[2Jb\n  c"


def test_no_token_that_a_server_quotes_gets_to_a_terminal() -> None:
    token = f"eyJ{'a' * 30}.{'b' * 40}.{'c' * 43}"
    assert redaction.for_terminal(f"403: {token} is not allowed") == "403: *** is not allowed"
