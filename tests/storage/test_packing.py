"""What is stored in few bytes is what it was when it is read, also by a version to come."""

from __future__ import annotations

import pytest

from loader.storage.packing import body_in, hex_in, packed_body, packed_hex, packed_workbook, workbook_in
from tests.candidates import candidate

BODY = b'{"name": "Spring", "contactLists": ["a"], "priority": "5", "dialingMode": "Agentless"}'
# as it was stored when bodies were packed for the first time; never to be changed
STORED = bytes.fromhex("48a8b43e45b34324e9606032cd4bc79a8a13494cc6b50096801b47")


def test_a_body_that_was_stored_by_the_first_version_to_pack_them_is_read() -> None:
    assert body_in(STORED) == BODY


@pytest.mark.parametrize("body", [b"", b"x", BODY, bytes(range(256)) * 40, "日本 Ünï".encode()])
def test_a_body_is_read_as_it_was_stored_whatever_it_holds(body: bytes) -> None:
    assert body_in(packed_body(body)) == body


def test_a_body_takes_a_third_of_its_room() -> None:
    body = candidate(2, "Renewals of spring, second wave").body
    assert len(packed_body(body)) <= len(body) / 3


@pytest.mark.parametrize(
    ("text", "room"),
    [
        ("0123456789abcdef" * 4, 32),
        ("cd-77ab012-1111-4222-8333-444455556666", 16),
        ("cd-00ab012-0000-0000-0000-000000000000", 16),
    ],
)
def test_digests_and_ids_take_half_the_room_and_less(text: str, room: int) -> None:
    packed = packed_hex(text)
    assert (type(packed), len(packed), hex_in(packed)) == (bytes, room, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cd-77AB012-1111-4222-8333-444455556666",
        "cl-77ab012-1111-4222-8333-444455556666",
        "cd-077ab012-1111-4222-8333-444455556666",
        "cd-77ab01211114222-8333-444455556666-",
        "cd-77ab012-1111-4222-8333-444455556666\n",
        "0123456789ABCDEF" * 4,
        "0123456789abcdef" * 2,
        "17",
    ],
)
def test_a_text_of_another_shape_stays_as_it_is(text: str) -> None:
    assert packed_hex(text) == text == hex_in(text)


def test_a_csv_takes_less_room_and_a_workbook_is_kept_as_it_is() -> None:
    csv, book = b"Campaign name,Priority\n" * 1000, b"PK\x03\x04" + bytes(range(256)) * 40
    assert (workbook_in(packed_workbook(csv)), workbook_in(packed_workbook(book))) == (csv, book)
    assert len(packed_workbook(csv)) < len(csv) / 10
    assert book in packed_workbook(book)
