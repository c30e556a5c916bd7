"""The Bot API through an unmodified aiogram, with people on the other side."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import SetMyName
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    MessageOriginChannel,
    MessageOriginHiddenUser,
    MessageOriginUser,
    Update,
)

from project.core.errors import InvalidInput, NotFound
from project.sandbox.app import Sandbox
from project.sandbox.botapi.views import Forward
from project.sandbox.client import ControlClient
from project.sandbox.faults import FaultRule, Phase
from project.sandbox.telegram.clock import Clock
from project.sandbox.telegram.settings import OFF, REAL, Rate, Settings

from .conftest import eventually
from .test_telegram_files import png


@dataclass
class Desk:
    """A sandbox in profile real, one bot with a stock client, one person."""

    sandbox: Sandbox
    url: str
    control: ControlClient
    bot: Bot
    bot_id: int
    user: int
    open: Callable[[str], Bot]

    async def updates(self, offset: int = 0, *, timeout: int = 0) -> list[Update]:
        """One getUpdates."""
        return await self.bot.get_updates(offset=offset, timeout=timeout)

    async def begin(self) -> None:
        """The person starts the chat; its update is confirmed."""
        await self.control.bots.type(self.user, self.bot_id, "/start")
        await self.updates((await self.updates())[-1].update_id + 1)

    async def shown(self) -> list[str]:
        """The texts that the person sees."""
        messages = await self.control.bots.messages(self.user, self.bot_id)
        return [message.html for message in messages if not message.deleted]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """See `Desk`."""
    sandbox = Sandbox(key_file=tmp_path / "key.pem")
    opened: list[Bot] = []
    async with sandbox as endpoints, ControlClient(endpoints.control_url) as control:

        def new(token: str) -> Bot:
            api = TelegramAPIServer.from_base(endpoints.bot_api_url)
            opened.append(Bot(token, session=AiohttpSession(api=api)))
            return opened[-1]

        user = await control.telegram.create_user("+100001", "Ann", username="ann")
        made = await control.telegram.create_bot("Relay", username="relay_bot")
        yield Desk(sandbox, endpoints.bot_api_url, control, new(made.token), made.user_id, user, new)
        for bot in opened:
            await bot.session.close()


def keyboard(*rows: tuple[str, ...]) -> InlineKeyboardMarkup:
    """Buttons whose data are their labels."""
    return InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text=label, callback_data=label) for label in row] for row in rows]
    )


async def test_a_bot_answers_presses_edits_and_deletes(desk: Desk) -> None:
    """The life of one flow: a command, an answer with buttons, a press, the answer edited, the command deleted."""
    heard: list[str] = []
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def on_message(message) -> None:
        heard.append(message.text)
        markup = keyboard(("Yes", "No"), ("Later",))
        await message.answer("<b>Delete</b> a &amp; b?", parse_mode="HTML", reply_markup=markup)

    @dispatcher.callback_query()
    async def on_press(query: CallbackQuery) -> None:
        await query.answer("done", show_alert=True)
        await query.message.edit_text(f"<i>{query.data}</i>", parse_mode="HTML")
        await query.message.bot.delete_message(query.message.chat.id, query.message.message_id - 1)

    polling = asyncio.create_task(dispatcher.start_polling(desk.bot, handle_signals=False, polling_timeout=5))
    asked = await desk.control.bots.type(desk.user, desk.bot_id, "/deletesession one")
    world = desk.sandbox.bots
    await eventually(lambda: len(world.messages(desk.user, desk.bot_id)) == 2)
    command, question = await desk.control.bots.messages(desk.user, desk.bot_id)
    assert heard == ["/deletesession one"]
    assert (command.id, command.from_bot, question.id, question.from_bot) == (asked, False, asked + 1, True)
    assert (question.text, question.html) == ("Delete a & b?", "<b>Delete</b> a &amp; b?")
    assert question.buttons == (("Yes", "No"), ("Later",))

    with pytest.raises(NotFound):
        await desk.control.bots.press(desk.user, desk.bot_id, question.id, "Maybe")
    await desk.control.bots.press(desk.user, desk.bot_id, question.id, "Yes")
    await eventually(lambda: world.messages(desk.user, desk.bot_id)[0].deleted)
    answer = (await desk.control.bots.messages(desk.user, desk.bot_id))[1]
    assert (answer.html, answer.buttons, answer.edited) == ("<i>Yes</i>", (), 1)
    assert [(toast.text, toast.alert) for toast in await desk.control.bots.toasts(desk.user, desk.bot_id)] == [
        ("done", True)
    ]
    await dispatcher.stop_polling()
    await asyncio.wait_for(polling, 10)
    assert (await desk.control.counters()).unknown_methods == 0


async def test_updates_are_kept_until_they_are_confirmed(desk: Desk) -> None:
    """Long polls wait and wake; offsets confirm; a second poll ends the first with 409; kinds can be left out."""
    await desk.begin()
    waiting = asyncio.create_task(desk.updates(timeout=20))
    await eventually(lambda: desk.sandbox.bots.box(desk.bot_id).poll is not None)
    await desk.control.bots.type(desk.user, desk.bot_id, "one")
    [first] = await asyncio.wait_for(waiting, 10)
    await desk.control.bots.type(desk.user, desk.bot_id, "one!", edited=True)
    again = await desk.updates()
    assert [first.message.text, again[0].update_id, again[1].edited_message.text] == ["one", first.update_id, "one!"]
    assert await desk.updates(again[1].update_id + 1) == []

    older = asyncio.create_task(desk.updates(again[1].update_id + 1, timeout=20))
    await eventually(lambda: desk.sandbox.bots.box(desk.bot_id).poll is not None)
    newer = asyncio.create_task(desk.updates(again[1].update_id + 1, timeout=20))
    with pytest.raises(TelegramConflictError, match="terminated by other getUpdates request"):
        await asyncio.wait_for(older, 10)
    await desk.control.bots.block(desk.user, desk.bot_id)
    [blocked] = await asyncio.wait_for(newer, 10)
    assert blocked.my_chat_member.new_chat_member.status == "kicked"

    await desk.bot.get_updates(offset=blocked.update_id + 1, allowed_updates=["callback_query"])
    await desk.control.bots.type(desk.user, desk.bot_id, "unheard")
    assert await desk.updates() == []
    assert await desk.bot.delete_webhook(drop_pending_updates=True) is True


async def test_a_bot_writes_only_to_those_who_let_it(desk: Desk) -> None:
    """400 for strangers, 403 for people met in a group, who blocked it, whose account is gone; 401 for a bad token."""
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await desk.bot.send_message(desk.user, "hello")
    await desk.control.telegram.create_channel("Group", megagroup=True, members=[desk.user, desk.bot_id])
    with pytest.raises(TelegramForbiddenError, match="bot can't initiate conversation with a user"):
        await desk.bot.send_message(desk.user, "hello")
    await desk.begin()
    await desk.bot.send_message(desk.user, "hello")
    await desk.control.bots.block(desk.user, desk.bot_id)
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await desk.bot.send_message(desk.user, "hello")
    await desk.control.bots.unblock(desk.user, desk.bot_id)
    await desk.control.telegram.deactivate(desk.user)
    with pytest.raises(TelegramForbiddenError, match="user is deactivated"):
        await desk.bot.send_message(desk.user, "hello")
    with pytest.raises(TelegramUnauthorizedError):
        await desk.open(f"{desk.bot_id}:wrong").get_me()
    with pytest.raises(TelegramNotFound, match="method not found"):
        await desk.bot(SetMyName(name="x"))
    assert (await desk.control.counters()).telegram.unknown_methods == {"botapi.setMyName": 1}


async def test_refusals_have_telegrams_words(desk: Desk) -> None:
    """Texts, HTML, keyboards, edits and presses that Telegram refuses."""
    await desk.begin()
    desk.sandbox.telegram.configure(Settings(limits=OFF))
    bot, user = desk.bot, desk.user
    go = keyboard(("Go",))
    sent = await bot.send_message(user, "<code>x</code>", parse_mode="HTML", reply_markup=go)
    photo = await bot.send_photo(user, BufferedInputFile(png(40, 30), "a.png"))
    refused = {
        "message text is empty": lambda: bot.send_message(user, "  "),
        "message is too long": lambda: bot.send_message(user, "x" * 4097),
        "message caption is too long": lambda: bot.send_photo(user, photo.photo[0].file_id, caption="x" * 1025),
        'can\'t parse entities: Unsupported start tag "name" at byte offset 4': lambda: bot.send_message(
            user, "é: <name>", parse_mode="HTML"
        ),
        "BUTTON_DATA_INVALID": lambda: bot.send_message(user, "x", reply_markup=keyboard(("x" * 65,))),
        "message is not modified: specified new message content and reply markup are exactly the same": (
            lambda: bot.edit_message_text(
                "<code>x</code>", chat_id=user, message_id=sent.message_id, parse_mode="HTML", reply_markup=go
            )
        ),
        "message to edit not found": lambda: bot.edit_message_text("y", chat_id=user, message_id=999),
        "message can't be edited": lambda: bot.edit_message_text("y", chat_id=user, message_id=1),
        "message to delete not found": lambda: bot.delete_message(user, 999),
        "there is no text in the message to edit": lambda: bot.edit_message_text(
            "y", chat_id=user, message_id=photo.message_id
        ),
        "there is no caption in the message to edit": lambda: bot.edit_message_caption(
            caption="y", chat_id=user, message_id=sent.message_id
        ),
        "message to be replied not found": lambda: bot.send_message(user, "x", reply_to_message_id=999),
        "query is too old and response timeout expired or query ID is invalid": lambda: bot.answer_callback_query("1"),
        "wrong file identifier/HTTP URL specified": lambda: bot.send_document(user, "BQACnone"),
        "IMAGE_PROCESS_FAILED": lambda: bot.send_photo(user, BufferedInputFile(b"text", "a.png")),
        "file must be non-empty": lambda: bot.send_document(user, BufferedInputFile(b"", "a.txt")),
        "chat_id is empty": lambda: bot.send_message("", "x"),
    }
    for words, call in refused.items():
        with pytest.raises(TelegramBadRequest) as told:
            await call()
        assert f"Bad Request: {words}" in told.value.message

    await desk.control.bots.press(user, desk.bot_id, sent.message_id, "Go")
    query = (await desk.updates())[-1].callback_query
    assert (query.data, query.message.message_id, query.from_user.id) == ("Go", sent.message_id, user)
    assert await query.answer().as_(bot) is True
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await query.answer().as_(bot)
    await desk.control.bots.press(user, desk.bot_id, sent.message_id, "Go")
    late, clock = (await desk.updates())[-1].callback_query, desk.sandbox.telegram.state.clock
    desk.sandbox.telegram.state.clock = Clock(lambda: clock.monotonic() + 61, clock.wall)
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await late.answer().as_(bot)


async def test_files_go_both_ways(desk: Desk) -> None:
    """Documents and photos from people are downloaded; pictures are sent, replaced and recaptioned in place."""
    await desk.begin()
    await desk.control.bots.send_file(desk.user, desk.bot_id, "pairs.csv", b"a,b\n1,2\n", "import /these")
    [update] = await desk.updates()
    document = update.message.document
    assert (document.file_name, document.mime_type, document.file_size) == ("pairs.csv", "text/csv", 8)
    assert (update.message.caption, update.message.caption_entities[0].type) == ("import /these", "bot_command")
    assert (await desk.bot.download(document)).read() == b"a,b\n1,2\n"

    one, two = png(40, 30), png(50, 20)
    picture = BufferedInputFile(one, "qr.png")
    sent = await desk.bot.send_photo(desk.user, picture, caption="<b>Scan</b>", parse_mode="HTML")
    assert (sent.photo[-1].width, sent.photo[-1].height) == (40, 30)
    await desk.bot.edit_message_media(
        InputMediaPhoto(media=BufferedInputFile(two, "qr.png"), caption="Again"),
        chat_id=desk.user,
        message_id=sent.message_id,
        reply_markup=keyboard(("Cancel",)),
    )
    shown = (await desk.control.bots.messages(desk.user, desk.bot_id))[-1]
    assert (shown.photo, shown.text, shown.buttons, shown.edited) == (two, "Again", (("Cancel",),), 1)
    await desk.bot.edit_message_caption(caption="Done", chat_id=desk.user, message_id=sent.message_id)
    await desk.bot.edit_message_media(
        InputMediaDocument(media=BufferedInputFile(b"log", "log.txt")), chat_id=desk.user, message_id=sent.message_id
    )
    shown = (await desk.control.bots.messages(desk.user, desk.bot_id))[-1]
    assert (shown.photo, shown.file, shown.edited) == (None, "log.txt", 3)

    other = await desk.control.telegram.create_bot("Other")
    await desk.control.bots.type(desk.user, other.user_id, "/start")
    with pytest.raises(TelegramBadRequest, match="wrong file identifier"):
        await desk.open(other.token).send_document(desk.user, document.file_id)


async def test_menus_follow_their_scopes(desk: Desk) -> None:
    """The narrowest scope wins; a chat's menu needs the chat."""
    await desk.bot.set_my_commands([BotCommand(command="help", description="Help")])
    await desk.bot.set_my_commands(
        [BotCommand(command="start", description="Begin")], scope=BotCommandScopeAllPrivateChats()
    )
    own = BotCommandScopeChat(chat_id=desk.user)
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await desk.bot.set_my_commands([BotCommand(command="pairs", description="Pairs")], scope=own)
    await desk.begin()
    await desk.bot.set_my_commands([BotCommand(command="pairs", description="Pairs")], scope=own)

    async def offered() -> list[str]:
        return [item.command for item in await desk.control.bots.menu(desk.bot_id, desk.user)]

    assert await offered() == ["pairs"]
    assert (await desk.bot.get_my_commands(scope=own))[0].description == "Pairs"
    await desk.bot.delete_my_commands(scope=own)
    assert await offered() == ["start"]
    with pytest.raises(TelegramBadRequest, match="BOT_COMMAND_INVALID"):
        await desk.bot.set_my_commands([BotCommand(command="Not a name", description="x")])


async def test_groups_and_forwards_say_who_and_where(desk: Desk) -> None:
    """Commands in groups, anonymous administrators, channel posts; forwards of posts, people and the hidden."""
    telegram, bots = desk.control.telegram, desk.control.bots
    await desk.begin()
    group = await telegram.create_channel("Group", megagroup=True, members=[desk.user, desk.bot_id])
    channel = await telegram.create_channel("News", admins=[desk.bot_id])
    await bots.type(desk.user, desk.bot_id, "not for a bot", chat_id=group)
    await bots.type(desk.user, desk.bot_id, "/whoami", chat_id=group)
    await bots.type(desk.user, desk.bot_id, "/whoami@relay_bot", chat_id=group, anonymous=True)
    post = await telegram.post(channel, "post")
    said = await telegram.post(group, "words", author_id=desk.user)
    for forward in (
        Forward(chat_id=channel, message_id=post),
        Forward(chat_id=group, message_id=said),
        Forward(chat_id=group, message_id=said, hidden=True),
    ):
        await bots.type(desk.user, desk.bot_id, "", forwarded_from=forward)
    named, anonymous, posted, *forwards = await desk.updates()
    assert (named.message.chat.type, named.message.chat.id) == ("supergroup", -(10**12) - group)
    assert (named.message.from_user.id, named.message.sender_chat) == (desk.user, None)
    assert (anonymous.message.from_user.id, anonymous.message.sender_chat.id) == (1087968824, named.message.chat.id)
    assert (posted.channel_post.text, posted.channel_post.message_id) == ("post", post)
    origins = [update.message.forward_origin for update in forwards]
    assert [type(origin) for origin in origins] == [MessageOriginChannel, MessageOriginUser, MessageOriginHiddenUser]
    assert (origins[0].chat.id, origins[0].message_id) == (-(10**12) - channel, post)
    assert (origins[1].sender_user.id, origins[2].sender_user_name) == (desk.user, "Ann")
    assert [update.message.text for update in forwards] == ["post", "words", "words"]

    answer = await desk.bot.send_message(-(10**12) - group, "not here", reply_to_message_id=named.message.message_id)
    assert (await telegram.messages(group))[-1].id == answer.message_id
    protected = await telegram.create_channel("Secret", protected=True)
    inside = await telegram.post(protected, "x")
    with pytest.raises(InvalidInput):
        await bots.type(desk.user, desk.bot_id, "", forwarded_from=Forward(chat_id=protected, message_id=inside))


async def test_floods_and_faults(desk: Desk) -> None:
    """429 with the wait; armed faults strike before, after, and instead of a call."""
    await desk.begin()
    slow = dataclasses.replace(REAL, bot_private=Rate(1 / 60, 3))
    desk.sandbox.telegram.configure(Settings(limits=slow))
    sent = [await desk.bot.send_message(desk.user, str(number)) for number in range(2)]
    await desk.bot.edit_message_text("edited", chat_id=desk.user, message_id=sent[1].message_id)
    for call in (
        desk.bot.send_message(desk.user, "x"),
        desk.bot.edit_message_text("x", chat_id=desk.user, message_id=sent[1].message_id),
    ):
        with pytest.raises(TelegramRetryAfter, match="Too Many Requests: retry after") as told:
            await call
        assert 0 < told.value.retry_after <= 60
    assert await desk.shown() == ["/start", "0", "edited"]
    desk.sandbox.telegram.configure(Settings(limits=OFF))
    await desk.control.telegram.fault(FaultRule("botapi.sendMessage", code=502, error="Bad Gateway"))
    with pytest.raises(TelegramServerError):
        await desk.bot.send_message(desk.user, "lost")
    await desk.control.telegram.fault(FaultRule("botapi.sendMessage", Phase.AFTER, 500, "Internal Server Error"))
    with pytest.raises(TelegramServerError):
        await desk.bot.send_message(desk.user, "there")
    assert (await desk.shown())[-1] == "there"


async def test_a_login_code_typed_to_a_bot_is_void(desk: Desk) -> None:
    """As in any chat of Telegram."""
    logins = desk.sandbox.telegram.state.logins
    sent = logins.send("+100001", 1, desk.sandbox.telegram.state.settings, 0.0)
    await desk.control.bots.type(desk.user, desk.bot_id, f"/authenticate one {sent.code}")
    assert sent.spent
