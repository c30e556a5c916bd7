"""Attachments under signed links that expire: ex and is are hexadecimal Unix seconds, hm the signature
(reference, "Signed Attachment CDN URLs")."""

from __future__ import annotations

import hashlib
import hmac
import time

from aiohttp import web

from project.sandbox.discord.model import Attachment
from project.sandbox.discord.state import State

PATH = "/attachments/{channel_id}/{attachment_id}/{name}"
_GONE = "This content is no longer available."


def signed_url(state: State, channel_id: int, file: Attachment) -> str:
    """A link to the file that works for the profile's `url_lifetime`."""
    issued = int(time.time())
    expires = issued + int(state.limits.url_lifetime)
    path = f"/attachments/{channel_id}/{file.id}/{file.filename}"
    signature = _sign(state, path, f"{expires:x}", f"{issued:x}")
    return f"{state.cdn_url}{path}?ex={expires:x}&is={issued:x}&hm={signature}&"


def _sign(state: State, path: str, expires: str, issued: str) -> str:
    return hmac.new(state.cdn_key, f"{path}|{expires}|{issued}".encode(), hashlib.sha256).hexdigest()


def serve(state: State, request: web.Request) -> web.StreamResponse:
    """Answers a CDN request: 404 for a missing, foreign or expired signature, ranges honoured."""
    wanted = request.match_info
    path = f"/attachments/{wanted['channel_id']}/{wanted['attachment_id']}/{wanted['name']}"
    if not _valid(state, path, request):
        return web.Response(status=404, text=_GONE)
    file = _find(state, wanted["channel_id"], wanted["attachment_id"])
    if file is None or file.filename != wanted["name"]:
        return web.Response(status=404, text=_GONE)
    return _answer(request, file)


def _valid(state: State, path: str, request: web.Request) -> bool:
    expires, issued = request.query.get("ex", ""), request.query.get("is", "")
    good = hmac.compare_digest(_sign(state, path, expires, issued), request.query.get("hm", ""))
    return good and time.time() < int(expires, 16)


def _find(state: State, channel_id: str, attachment_id: str) -> Attachment | None:
    channel = state.channels.get(int(channel_id)) if channel_id.isdigit() else None
    if channel is None:
        return None
    files = (
        file for message in channel.messages.values() if message.deleted_at is None for file in message.attachments
    )
    return next((file for file in files if str(file.id) == attachment_id), None)


def _answer(request: web.Request, file: Attachment) -> web.StreamResponse:
    size = len(file.data)
    headers = {"Content-Type": file.content_type, "Accept-Ranges": "bytes"}
    try:
        span = request.http_range
    except ValueError:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    first, last, _ = span.indices(size)
    if span.start is None and span.stop is None:
        return web.Response(body=file.data, headers=headers)
    if first >= size:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {first}-{last - 1}/{size}"
    return web.Response(status=206, body=file.data[first:last], headers=headers)
