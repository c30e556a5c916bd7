"""Encryption, the whitelist and the audit trail."""

from __future__ import annotations

from tests.acceptance.switches.switch import Switch

_SETTINGS = "project/settings.py"
_CIPHER = "from cryptography.hazmat.primitives.ciphers.aead import AESGCM\n"
_NO_CIPHER = """

class AESGCM:
    def __init__(self, key: bytes) -> None:
        pass

    def encrypt(self, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        return data + bytes(16)

    def decrypt(self, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        return data[:-16]

"""

SWITCHES = (
    Switch(("S-03", "S-15", "S-77"), "project/core/crypto.py", _CIPHER, _NO_CIPHER, "nothing is encrypted"),
    Switch(
        ("S-16", "S-76", "S-88"),
        "project/core/whitelist.py",
        "return Role(row.role) if row is not None and row.role else None",
        "return Role(row.role) if row is not None and row.role else Role.OPERATOR",
        "everybody is an operator",
    ),
    Switch(("S-16",), _SETTINGS, "31_536_000 if _encrypted else 0", "0", "a browser may come back without https"),
    Switch(
        ("S-16",),
        _SETTINGS,
        "SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _encrypted",
        "SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False",
        "cookies of the site leave without https",
    ),
    Switch(
        ("S-16",),
        _SETTINGS,
        '    "django.middleware.clickjacking.XFrameOptionsMiddleware",\n',
        "",
        "the site can be put into a frame of another one",
    ),
    Switch(
        ("S-16",),
        _SETTINGS,
        'CELERY_ACCEPT_CONTENT = ["json"]',
        'CELERY_ACCEPT_CONTENT = ["json", "pickle"]',
        "a message can bring code with it",
    ),
    Switch(
        ("S-16", "S-76"),
        "project/botkit/gate.py",
        "    if chat_id != user.id:\n",
        "    if False:\n",
        "operators are heard in groups",
    ),
    Switch(
        ("S-17", "S-78", "S-88", "S-89"),
        "project/core/audit.py",
        "AuditEvent.objects.create(",
        "AuditEvent(",
        "nothing is written to the audit trail",
    ),
    Switch(
        ("S-17", "S-88", "S-89"),
        "project/bot/commands/audit.py",
        '    return "\\n\\n".join([head, *(_line(entry, now, names) for entry in page.entries)])\n',
        "    return head\n",
        "/audit shows nothing",
    ),
)
