"""Ids in mentions become names."""

from __future__ import annotations

from project.core.message import Node, Style
from project.discord.mentions import Names, resolve

NAMES = Names(users={1: "Ada"}, roles={2: "mods"}, channels={3: "general"})


def test_known_ids_get_names_wherever_they_stand() -> None:
    tree = (
        Node(Style.BOLD, children=(Node(Style.MENTION, "<@1>"), Node(Style.MENTION, "<@!1>"))),
        Node(Style.MENTION, "<@&2>"),
        Node(Style.MENTION, "<#3>"),
        Node(Style.MENTION, "@1"),
    )
    bold, role, channel, short = resolve(tree, NAMES)
    assert [node.text for node in bold.children] == ["@Ada", "@Ada"]
    assert (role.text, channel.text, short.text) == ("@mods", "#general", "@Ada")


def test_unknown_ids_and_other_text_stay() -> None:
    tree = (Node(Style.MENTION, "<@9>"), Node(Style.MENTION, "@everyone"), Node(Style.TEXT, "<@1>"))
    assert resolve(tree, NAMES) == tree
