"""How bodies, workbooks, digests and ids are stored in few bytes.

What is packed here is read for as long as the journal lives: a dictionary or a shape, once released, never changes.
"""

from __future__ import annotations

import re
import zlib

# An example of what is sent: a body says next to nothing that does not stand here. Whether the API still has these
# fields does not matter.
_BODY = b"""\
"queue_name": "", "maxSkips": , "dncList": "", "enableMachineDetect": "detect", "disconnect", "frequency": "DAILY", \
"CUSTOM", "dialingOrder": "LIFO", "dialingMode": "Preview", "Progressive", "timezone": "Asia/Kolkata", \
"Europe/London", {"day": "SA", "start": "10:00 AM", "end": "12:00 PM"}, {"day": "SU", "start": "11:00 AM", \
"end": "4:00 PM"}, \
{"day": "MO", "start": "1:30 PM", "end": "5:30 PM"}, {"name": "", "description": "", "contactLists": [""], \
"priority": "5", "dialingMode": "Agentless", "dialingStrategy": {"callerId": {"phoneNumber": "+1"}, "callingHours": \
{"frequency": "WEEKLY", "timezone": "America/New_York", "days": [{"day": "MO", "start": "9:00 AM", "end": "6:00 PM"}, \
{"day": "TU", "start": "9:00 AM", "end": "6:00 PM"}, {"day": "WE", "start": "9:00 AM", "end": "6:00 PM"}, \
{"day": "TH", "start": "9:00 AM", "end": "6:00 PM"}, {"day": "FR", "start": "9:00 AM", "end": "6:00 PM"}]}, \
"dialingOrder": "FIFO", "maxAttemptsPerRecord": 3, "defaultRetryPeriod": 60, "maxRingTime": 30}, "schedule": \
{"isSchedulingEnabled": false}, "experienceFlowName": "", "enableMachineDetect": false, "campaignType": "voice"}"""
# of a body of a kilobyte; larger ones would take four times the time, and save nothing
_WINDOW_BITS, _MEMORY_LEVEL = 12, 4
_ZIP = b"PK"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"cd-([0-9a-f]{7})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})")
_ID_BYTES = 16


def packed_body(body: bytes) -> bytes:
    if not body:
        return b""
    packer = zlib.compressobj(6, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL, zdict=_BODY)
    return packer.compress(body) + packer.flush()


def body_in(packed: bytes) -> bytes:
    if not packed:
        return b""
    unpacker = zlib.decompressobj(zdict=_BODY)
    return unpacker.decompress(packed) + unpacker.flush()


def packed_workbook(content: bytes) -> bytes:
    """A CSV becomes a tenth; what is a zip already is left as it is."""
    return zlib.compress(content, 0 if content.startswith(_ZIP) else 6)


def workbook_in(packed: bytes) -> bytes:
    return zlib.decompress(packed)


def packed_hex(text: str) -> bytes | str:
    """A digest, or an id such as campaigns have today, as bytes; any other text as it is."""
    if _DIGEST.fullmatch(text):
        return bytes.fromhex(text)
    if found := _ID.fullmatch(text):
        return bytes.fromhex("0" + "".join(found.groups()))
    return text


def hex_in(packed: bytes | str) -> str:
    if isinstance(packed, str):
        return packed
    digits = packed.hex()
    if len(packed) != _ID_BYTES:
        return digits
    return f"cd-{digits[1:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
