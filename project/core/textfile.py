"""Files of text as Windows, spreadsheets and editors save them: UTF-8 or UTF-16, with a byte order mark or without."""

from __future__ import annotations

from project.core.errors import InvalidInput

_MARKS = ((b"\xff\xfe\0\0", "UTF-32"), (b"\0\0\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
_HINT = "Save it as text in UTF-8."


def decode_text(data: bytes, *, encodings: tuple[str, ...] = ("UTF-8", "UTF-16")) -> str:
    """The text, without a byte order mark. Raises InvalidInput that names what it is instead, or the wrong place."""
    encoding = encoding_of(data)
    if encoding.partition("-LE")[0].partition("-BE")[0] not in encodings:
        raise InvalidInput(f"The file is text in {encoding}, not in {encodings[0]}.", hint=_HINT)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidInput(
            f"The file is not text in UTF-8: line {line} holds a byte that is no part of it.", hint=_HINT
        ) from None
    if "\0" in text:
        raise InvalidInput("The file is not text in UTF-8: it holds NUL bytes.", hint=_HINT)
    return text.removeprefix("\ufeff")


def encoding_of(data: bytes) -> str:
    """What the first bytes tell: by the mark, or for UTF-16 without one by every other byte being NUL; else UTF-8."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    head = data[:64]
    if len(head) >= 4 and len(data) % 2 == 0:
        if all(head[0::2]) and not any(head[1::2]):
            return "UTF-16-LE"
        if all(head[1::2]) and not any(head[0::2]):
            return "UTF-16-BE"
    return "UTF-8"
