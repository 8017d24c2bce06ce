"""In what text files may be written, as a person names it."""

from __future__ import annotations

import codecs

# what a text that is not UTF-8 is taken for where nobody has named its encoding
GUESSED = "cp1252"
_KNOWN = frozenset(
    {
        *("utf-8", "utf-16", "utf-16-le", "utf-16-be"),
        *(f"cp125{digit}" for digit in range(9)),
        *("cp437", "cp737", "cp775", "cp850", "cp852", "cp855", "cp857", "cp858", "cp860", "cp863", "cp866", "cp874"),
        *(f"iso8859-{number}" for number in range(1, 17) if number != 12),  # noqa: PLR2004 - there is no 12th part
        *("mac-roman", "mac-latin2", "mac-cyrillic", "mac-greek", "mac-turkish", "koi8-r", "koi8-u"),
        *("shift_jis", "cp932", "euc_jp", "gbk", "gb18030", "gb2312", "big5", "cp950", "euc_kr", "cp949"),
    }
)


def codec_of(name: str) -> str:
    """Python's name of an encoding, by any usual one: "Windows-1252" is cp1252.

    Raises:
        ValueError: it is none, or not one that a spreadsheet program writes.
    """
    try:
        codec = codecs.lookup(name.strip()).name
    except LookupError as error:
        raise ValueError("should be an encoding such as windows-1252") from error
    if codec not in _KNOWN:
        raise ValueError("should be an encoding such as windows-1252")
    return codec
