"""Uploads: announced length, exact bytes, harmless headers, and sources that fail."""

from __future__ import annotations

import email
from collections.abc import AsyncIterator

import pytest

from project.core.errors import Refused
from project.discord.multipart import Form
from project.discord.objects import FilePart


def part(data: bytes, *, name: str = "a.bin", mime: str = "image/png", size: int | None = None) -> FilePart:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 7):
            yield data[start : start + 7]

    return FilePart(name, mime, len(data) if size is None else size, chunks)


async def sent(form: Form) -> bytes:
    return b"".join([chunk async for chunk in form.body()])


async def test_length_and_content() -> None:
    form = Form(b'{"content":"x"}', (part(b"\x00\r\n--boundary" * 9), part(b"", name="é.txt")))
    body = await sent(form)
    assert len(body) == int(form.headers["Content-Length"])
    head = f"Content-Type: {form.headers['Content-Type']}\r\n\r\n".encode()
    payload, first, second = email.message_from_bytes(head + body).get_payload()
    assert payload.get_payload(decode=True) == b'{"content":"x"}'
    assert first.get_payload(decode=True) == b"\x00\r\n--boundary" * 9
    assert first.get_content_type() == "image/png"
    assert second.get_payload(decode=True) == b""


async def test_names_and_types_cannot_break_out_of_their_header() -> None:
    evil = 'x"\r\nX-Evil: 1\r\n\r\n.png'
    body = await sent(Form(b"{}", (part(b"1", name=evil, mime="a/b\r\nX-Evil: 2"),)))
    assert b"\r\nX-Evil" not in body
    assert body.count(b"\r\n\r\n") == 2


@pytest.mark.parametrize("size", [9, 11])
async def test_a_wrong_size_is_refused_before_the_end_is_sent(size: int) -> None:
    form = Form(b"{}", (part(b"0123456789", size=size),))
    with pytest.raises(Refused):
        await sent(form)
    assert isinstance(form.failure, Refused)


async def test_what_the_source_raises_is_kept() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"12"
        raise LookupError("gone")

    form = Form(b"{}", (FilePart("a", "a/b", 4, chunks),))
    with pytest.raises(LookupError):
        await sent(form)
    assert isinstance(form.failure, LookupError)
