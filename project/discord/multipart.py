"""multipart/form-data with a known length, streamed: files pass through, they are never held whole.

aiohttp's own form would send streams in chunked encoding; Discord limits a request by its announced length.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

from project.core.errors import Refused
from project.discord.objects import FilePart


class Form:
    """One request body. `failure` keeps what went wrong with a file: then the request never was complete."""

    def __init__(self, payload: bytes, files: tuple[FilePart, ...]) -> None:
        self._boundary = secrets.token_hex(16)
        self._files = files
        self._heads = [self._head("payload_json", "application/json") + payload]
        self._heads += [self._head(f"files[{i}]", file.mime, filename=file.name) for i, file in enumerate(files)]
        self._tail = f"\r\n--{self._boundary}--\r\n".encode()
        self.failure: Exception | None = None

    @property
    def headers(self) -> dict[str, str]:
        size = sum(map(len, self._heads)) + sum(file.size for file in self._files) + len(self._tail)
        return {
            "Content-Type": f"multipart/form-data; boundary={self._boundary}",
            "Content-Length": str(size),
        }

    async def body(self) -> AsyncIterator[bytes]:
        """The whole body, once."""
        try:
            yield self._heads[0]
            for head, file in zip(self._heads[1:], self._files, strict=True):
                yield head
                async for chunk in _exactly(file):
                    yield chunk
            yield self._tail
        except Exception as error:
            self.failure = error
            raise

    def _head(self, name: str, mime: str, *, filename: str = "") -> bytes:
        disposition = f'form-data; name="{name}"' + (f'; filename="{_quoted(filename)}"' if filename else "")
        lines = (
            f"\r\n--{self._boundary}",
            f"Content-Disposition: {disposition}",
            f"Content-Type: {_one_line(mime)}",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _exactly(file: FilePart) -> AsyncIterator[bytes]:
    """The file's bytes; Refused when they are not as many as announced: the request could never end well."""
    left = file.size
    async for chunk in file.chunks():
        left -= len(chunk)
        if left < 0:
            break
        yield chunk
    if left:
        raise Refused(f"A file has not the announced size of {file.size} bytes.", code="file size")


def _quoted(name: str) -> str:
    # As browsers do it (WHATWG, "multipart/form-data encoding algorithm").
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _one_line(mime: str) -> str:
    clean = "".join(mime.split())
    return clean if clean.isascii() and clean else "application/octet-stream"
