"""Which verbs each world has."""

from __future__ import annotations

from project.sandbox.botapi.world import BotWorld
from project.sandbox.control.verbs import Verb, verbs_of
from project.sandbox.control.views import Account, Chat, account, chat
from project.sandbox.discord.world import DiscordWorld
from project.sandbox.telegram.groups import GroupWorld
from project.sandbox.telegram.world import TelegramWorld


def telegram_verbs(world: TelegramWorld) -> dict[str, Verb]:
    """Verbs of the loopback Telegram; its `accounts` and `channels` leave as plain views."""

    def accounts() -> list[Account]:
        return [account(user) for user in world.accounts()]

    def channels() -> list[Chat]:
        return [chat(channel) for channel in world.channels()]

    acts = (
        world.create_user,
        world.create_bot,
        world.move_user,
        world.login_code,
        world.expire_code,
        world.typed,
        world.open_qr,
        world.scan_qr,
        world.revoke,
        world.deactivate,
        world.freeze,
        world.cut,
        world.create_channel,
        world.join,
        world.leave,
        world.ban,
        world.invite_link,
        world.post,
        world.edit,
        world.garble,
        world.delete,
        world.messages,
        world.file_data,
        world.expire_file_references,
        world.configure,
        world.swallow,
        world.swallowed,
        world.counters,
        accounts,
        channels,
    )
    named = {act.__name__: act for act in acts}
    return verbs_of(named | {"fault": world.faults.add, "clear_faults": world.faults.clear})


def discord_verbs(world: DiscordWorld) -> dict[str, Verb]:
    """Verbs of the loopback Discord."""
    acts = (
        world.create_guild,
        world.create_bot,
        world.set_bot,
        world.reset_token,
        world.invite_bot,
        world.kick_bot,
        world.create_channel,
        world.create_thread,
        world.delete_channel,
        world.set_permissions,
        world.create_user,
        world.create_webhook,
        world.delete_webhook,
        world.post,
        world.override,
        world.dispatch,
        world.edit,
        world.delete,
        world.messages,
        world.file_data,
        world.channels,
        world.users,
        world.kill_gateway,
        world.fault,
        world.counters,
    )
    return verbs_of({act.__name__: act for act in acts} | {"clear_faults": world.faults.clear})


def groups_verbs(world: GroupWorld) -> dict[str, Verb]:
    """Verbs of basic groups."""
    acts = (
        world.create,
        world.add,
        world.remove,
        world.post,
        world.edit,
        world.garble,
        world.delete,
        world.migrate,
        world.messages,
    )
    return verbs_of({act.__name__: act for act in acts})


def bots_verbs(world: BotWorld) -> dict[str, Verb]:
    """Verbs of chats with bots."""
    acts = (
        world.type,
        world.send_file,
        world.press,
        world.messages,
        world.toasts,
        world.menu,
        world.chats,
        world.bots,
        world.block,
        world.unblock,
    )
    return verbs_of({act.__name__: act for act in acts})
