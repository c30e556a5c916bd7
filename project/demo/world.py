"""The demo's people, chats and bots, made in the sandbox by its control API."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from project.sandbox.client import ControlClient

PEOPLE = (("ann", "+491511000001", ""), ("bea", "+491511000002", "correct horse"), ("cem", "+491511000003", ""))
BOTS = ("own_courier_bot", "shared_courier_bot", "night_courier_bot")

OPERATOR = ("Olga", "+491511000009")
NEW_SESSION = ("dan", "+491511000004")  # registered in the chat with the admin bot
MOVED = "Recipes"  # the pair that it takes over

# title, session, "webhook" or "bot" on Discord, sender bot at the destination ("" is the session itself)
PAIRS = (
    ("City news", "ann", "webhook", "own_courier_bot"),
    ("Harbour watch", "ann", "bot", "own_courier_bot"),
    ("Recipes", "ann", "webhook", "shared_courier_bot"),
    ("Weather", "bea", "webhook", "shared_courier_bot"),
    ("Chess club", "bea", "bot", ""),
    ("Bird spotting", "bea", "webhook", ""),
    ("Night trains", "cem", "bot", "night_courier_bot"),
    ("Radio log", "cem", "webhook", "night_courier_bot"),
)


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A Telegram user whose login becomes a session."""

    name: str
    phone: str
    password: str = field(repr=False)
    user_id: int


@dataclass(frozen=True, slots=True)
class DemoRoute:
    """One pair's three chats. `discord` is what a person would give: a webhook URL or a channel id."""

    title: str
    session: str
    source: int
    channel: int
    discord: str = field(repr=False)
    destination: int
    sender: str


@dataclass(frozen=True, slots=True)
class DemoOperator:
    """Who commands the admin bot, and the account that they will register."""

    name: str
    user_id: int
    bot: int
    bot_token: str = field(repr=False)
    session: str
    session_phone: str


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """Everything that was made."""

    people: tuple[DemoPerson, ...]
    bot_tokens: dict[str, str] = field(repr=False)
    routes: tuple[DemoRoute, ...]
    reader: int  # a person on Discord
    discord_bot: int
    discord_token: str = field(repr=False)
    operator: DemoOperator

    @property
    def moved(self) -> DemoRoute:
        """The route whose pair gets another session."""
        return next(route for route in self.routes if route.title == MOVED)


async def build_world(control: ControlClient) -> DemoWorld:
    """Makes three users, three sender bots, a Discord bot, eight routes, and an operator with the admin bot."""
    people = [await _person(control, *person) for person in PEOPLE]
    bots = {name: await control.telegram.create_bot(name, username=name) for name in BOTS}
    guild = await control.discord.create_guild("Demo server")
    discord_bot = await control.discord.create_bot("relay")
    ids = {person.name: person.user_id for person in people} | {name: bot.user_id for name, bot in bots.items()}
    routes = [await _route(control, guild, ids, *pair) for pair in PAIRS]
    new_session = await control.telegram.create_user(NEW_SESSION[1], NEW_SESSION[0].title())
    await control.telegram.join(next(route.source for route in routes if route.title == MOVED), new_session)
    return DemoWorld(
        people=tuple(people),
        bot_tokens={name: bot.token for name, bot in bots.items()},
        routes=tuple(routes),
        reader=await control.discord.create_user("dora"),
        discord_bot=discord_bot.id,
        discord_token=discord_bot.token,
        operator=await _operator(control),
    )


async def _operator(control: ControlClient) -> DemoOperator:
    name, phone = OPERATOR
    user_id = await control.telegram.create_user(phone, name)
    bot = await control.telegram.create_bot("relay admin", username="relay_admin_bot")
    session, session_phone = NEW_SESSION
    return DemoOperator(name, user_id, bot.user_id, bot.token, session, session_phone)


async def _person(control: ControlClient, name: str, phone: str, password: str) -> DemoPerson:
    user_id = await control.telegram.create_user(phone, name.title(), password or None)
    return DemoPerson(name, phone, password, user_id)


async def _route(
    control: ControlClient, guild: int, ids: dict[str, int], title: str, session: str, via: str, sender: str
) -> DemoRoute:
    handle = f"{title.lower().replace(' ', '_')}_{secrets.token_hex(2)}"
    source = await control.telegram.create_channel(title, username=handle, members=[ids[session]])
    destination = await control.telegram.create_channel(
        f"{title} (copy)", username=f"{handle}_copy", members=[ids[session]], admins=[ids[sender or session]]
    )
    channel = await control.discord.create_channel(guild, title.lower().replace(" ", "-"))
    webhook = await control.discord.create_webhook(channel, "relay") if via == "webhook" else ""
    return DemoRoute(title, session, source, channel, webhook or str(channel), destination, sender)
