"""QR codes as pictures."""

from __future__ import annotations

import io

import segno

from project.core.secret import Secret


def qr_png(link: Secret) -> bytes:
    """A PNG of about 400 pixels, which a phone reads from a screen at arm's length."""
    picture = io.BytesIO()
    segno.make(link.reveal(), error="m", micro=False).save(picture, kind="png", scale=10, border=4)
    return picture.getvalue()
