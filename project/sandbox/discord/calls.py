"""One REST call on its way to a handler, and the table entry that names a handler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from project.sandbox.discord.body import Body
from project.sandbox.discord.drafts import not_snowflake
from project.sandbox.discord.errors import ApiError, Problem, form_error
from project.sandbox.discord.model import Bot
from project.sandbox.discord.state import Json, State

Answer = Json | list[Json] | None  # None is 204 without a body


@dataclass(frozen=True, slots=True)
class Call:
    """A request, parsed. `caller` is the bot whose token came with it."""

    state: State
    caller: Bot | None
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Body
    base_url: str

    @property
    def bot(self) -> Bot:
        """The bot that calls; raises 401 without one."""
        if self.caller is None:
            raise ApiError(Problem.UNAUTHORIZED)
        return self.caller

    def id(self, name: str = "id") -> int:
        """An id of the path; raises 50035 when it is none."""
        return _snowflake(self.path[name], name)

    def query_id(self, name: str) -> int | None:
        """An id of the query, None when absent; raises 50035 when it is none."""
        raw = self.query.get(name)
        return None if raw is None else _snowflake(raw, name)

    def limit(self, *, default: int, most: int) -> int:
        """`limit` of the query; raises 50035 outside 1..most."""
        raw = self.query.get("limit", str(default))
        if not raw.isdecimal() or not 1 <= int(raw) <= most:
            raise form_error("limit", "NUMBER_TYPE_MAX", f"int value should be between 1 and {most}.")
        return int(raw)


def _snowflake(raw: str, name: str) -> int:
    if not raw.isascii() or not raw.isdigit() or len(raw) > 20:
        raise not_snowflake(raw, name)
    return int(raw)


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path, as the reference names it, with its limit bucket.

    `token_only` routes carry a webhook's token instead of an Authorization header. `major` names the path
    part that splits the bucket.
    """

    method: str
    path: str
    handler: Handler
    bucket: str = "read"
    token_only: bool = False
    major: str = ""

    @property
    def name(self) -> str:
        """How fault rules and counters call it: "POST /channels/{id}/messages"."""
        return f"{self.method} {self.path}"
