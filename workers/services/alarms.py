"""Ways out of the installation beside the bot: a heartbeat that somebody outside misses, and a second alert channel."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from datetime import timedelta

from django.db import Error as DatabaseError
from django.db import close_old_connections
from django.db.models.functions import Now

from project.core.config import Config
from project.core.logs import get_logger
from project.core.models import Notice
from project.core.notices import Severity
from project.core.secret import Secret

EVERY = 5.0  # seconds
BEAT_EVERY = 60.0
WELL_FOR = 30.0  # seconds since the last good round for which control counts as working
LIMIT = 10.0  # seconds for one request
AT_ONCE = 10  # notices in one message
TOO_OLD = timedelta(hours=1)
_MOST = 1900  # characters; Discord takes 2000
_ICONS = {Severity.WARNING: "⚠", Severity.CRITICAL: "🚨"}

log = get_logger(__name__)


class Alarms(threading.Thread):
    """A thread of its own, since whoever listens out there may be slow. Begins with the first good round."""

    def __init__(self, config: Config) -> None:
        super().__init__(name="alarms", daemon=True)
        self._heartbeat, self._webhook = config.heartbeat_url, config.alert_webhook_url
        self._stopped = threading.Event()
        self._well_at = float("-inf")
        self._beat_at = float("-inf")

    def well(self) -> None:
        """A round of control went well."""
        self._well_at = time.monotonic()
        if self.ident is None and (self._heartbeat or self._webhook) and not self._stopped.is_set():
            self.start()

    def stop(self) -> None:
        """Nothing is sent any more after what is on its way."""
        self._stopped.set()

    def run(self) -> None:
        """Until `stop`."""
        while not self._stopped.wait(EVERY):
            now = time.monotonic()
            if self._heartbeat and now - self._beat_at >= BEAT_EVERY and now - self._well_at < WELL_FOR:
                self._beat_at = now
                _ask(self._heartbeat, None)
            if self._webhook:
                try:
                    alert(self._webhook)
                except DatabaseError as error:
                    log.warning("alerts wait for the database", reason=str(error).strip())
                finally:
                    close_old_connections()


def alert(webhook: Secret) -> int:
    """Posts what the second channel has not heard yet, several notices in one message; how many. An outage of the
    receiver is made up for within the hour."""
    waiting = Notice.objects.filter(alerted_at=None, created_at__gt=Now() - TOO_OLD).order_by("pk")
    rows = list(waiting.exclude(severity=Severity.INFO, key__startswith="failover.")[:AT_ONCE])
    if not rows:
        return 0
    text = "\n\n".join(f"{_ICONS.get(Severity(row.severity), '')} {row.text}".strip() for row in rows)[:_MOST]
    if not _ask(webhook, {"content": text, "text": text}):
        return 0
    return Notice.objects.filter(pk__in=[row.pk for row in rows]).update(alerted_at=Now())


def _ask(url: Secret, body: dict[str, str] | None) -> bool:
    """GET without a body, else POST it as JSON: `content` is Discord's word, `text` Slack's and Mattermost's."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "relay"}
    request = urllib.request.Request(url.reveal(), data=data, headers=headers)  # noqa: S310 - an http(s) URL, checked
    try:
        with urllib.request.urlopen(request, timeout=LIMIT):  # noqa: S310
            return True
    except (urllib.error.URLError, OSError, ValueError) as error:
        code = getattr(error, "code", "") or type(error).__name__
        log.warning("nobody takes the alarm", what="heartbeat" if body is None else "alert", code=str(code))
        return False
