"""The gateway's events as acts of channels. Nothing here waits, so the order stays, and nothing fails: an event that
cannot be read costs itself and a look at the history, never its channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from project.core.logs import get_logger
from project.discord.acts import Act, Delete, Edit, Post
from project.discord.convert import is_written, neutral
from project.discord.directory import EVENTS, Directory
from project.discord.fields import Fields
from project.discord.opening import Opening

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Events:
    """`put` takes an act of a paired channel; `lost` is told that a channel's history may know more than its events, or
    any channel's (None)."""

    channels: Callable[[], frozenset[int]]
    is_ours: Callable[[Fields], bool]
    put: Callable[[int, Act], None]
    lost: Callable[[int | None], None]
    directory: Directory
    opening: Opening
    _acts: dict[str, Callable[[Fields], None]] = field(init=False)

    def __post_init__(self) -> None:
        acts = {
            "READY": self.opening.began,
            "GUILD_CREATE": self.opening.guild,
            "MESSAGE_CREATE": self._posted,
            "MESSAGE_UPDATE": self._edited,
            "MESSAGE_DELETE": self._deleted,
            "MESSAGE_DELETE_BULK": self._bulk_deleted,
        }
        object.__setattr__(self, "_acts", acts)

    def hear(self, name: str, data: object) -> None:
        """One event."""
        event = Fields(data)
        try:
            if event.trouble and name in self._acts:
                self._lose(None, name, event, "")
                return
            if name in EVENTS:
                self.directory.hear(name, event)
            act = self._acts.get(name)
            if act is not None:
                act(event)
        except Exception:
            # Whatever is wrong with one event, the next ones are to be heard.
            log.exception("a gateway event could not be read", event_name=name)
            self.lost(None)

    def _posted(self, event: Fields) -> None:
        channel_id = self._channel(event, "MESSAGE_CREATE")
        if channel_id is None or self.is_ours(event) or not is_written(event):
            return
        message = neutral(event, self.directory)
        if message is None:
            self._lose(channel_id, "MESSAGE_CREATE", event, "id")
        else:
            self.put(channel_id, Post(message, event.snowflake("webhook_id")))

    def _edited(self, event: Fields) -> None:
        # Without an edit time it is not a person's edit: a preview of a link arrived, or it was pinned.
        if not event.has("edited_timestamp"):
            return
        channel_id = self._channel(event, "MESSAGE_UPDATE")
        if channel_id is None or self.is_ours(event) or not is_written(event):
            return
        message = neutral(event, self.directory) if event.has("content") else None
        if message is None:
            self._lose(channel_id, "MESSAGE_UPDATE", event, "content")
        else:
            self.put(channel_id, Edit(message, event.snowflake("webhook_id")))

    def _deleted(self, event: Fields) -> None:
        channel_id = self._channel(event, "MESSAGE_DELETE")
        if channel_id is None:
            return
        message_id = event.snowflake("id")
        if message_id is None:
            self._lose(channel_id, "MESSAGE_DELETE", event, "id")
        else:
            self.put(channel_id, Delete((message_id,)))

    def _bulk_deleted(self, event: Fields) -> None:
        channel_id = self._channel(event, "MESSAGE_DELETE_BULK")
        if channel_id is None:
            return
        ids = event.snowflakes("ids")
        if event.trouble or not ids:
            self._lose(channel_id, "MESSAGE_DELETE_BULK", event, "ids")
        if ids:
            self.put(channel_id, Delete(tuple(sorted(ids))))

    def _channel(self, event: Fields, name: str) -> int | None:
        """The event's channel when it is a paired one."""
        channel_id = event.snowflake("channel_id")
        if channel_id is None:
            self._lose(None, name, event, "channel_id")
        return channel_id if channel_id in self.channels() else None

    def _lose(self, channel_id: int | None, name: str, event: Fields, lacks: str) -> None:
        fields = event.trouble or [lacks]
        log.error("a gateway event could not be read", event_name=name, channel=channel_id, fields=fields)
        self.lost(channel_id)
