"""Endings of a connection whose client has gone already."""

from unittest.mock import AsyncMock, Mock

from aiohttp.test_utils import make_mocked_request

from loader.sandbox.http import reply, truncated


async def test_an_answer_is_cut_short_in_silence_where_nobody_listens_any_more() -> None:
    gone = Mock(write_headers=AsyncMock(side_effect=ConnectionResetError("Cannot write to closing transport")))
    response = await truncated(make_mocked_request("POST", "/", writer=gone), reply(200, "abcdef"))
    assert not response.prepared
