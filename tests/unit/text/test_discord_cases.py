"""Real cases of Discord's dialect: what people type, and what we write."""

from __future__ import annotations

import pytest

from project.core.message import Node, RichText, Style, plain_text
from project.discord.markdown import Names, parse, write


def t(text: str) -> Node:
    return Node(Style.TEXT, text)


def s(style: Style, *children: Node | str, value: str = "") -> Node:
    return Node(style, value=value, children=tuple(t(child) if isinstance(child, str) else child for child in children))


def leaf(style: Style, text: str, value: str = "") -> Node:
    return Node(style, text, value)


B, I, U, S, SP = Style.BOLD, Style.ITALIC, Style.UNDERLINE, Style.STRIKE, Style.SPOILER  # noqa: E741
Q, H, L, C, P, M = Style.QUOTE, Style.HEADING, Style.LINK, Style.CODE, Style.PRE, Style.MENTION

READ: list[tuple[str, RichText]] = [
    ("plain", (t("plain"),)),
    ("**b**", (s(B, "b"),)),
    ("*i*", (s(I, "i"),)),
    ("_i_", (s(I, "i"),)),
    ("__u__", (s(U, "u"),)),
    ("~~s~~", (s(S, "s"),)),
    ("||sp||", (s(SP, "sp"),)),
    ("***bi***", (s(B, s(I, "bi")),)),
    ("___ui___", (s(I, s(U, "ui")),)),
    ("**b *bi* b**", (s(B, "b ", s(I, "bi"), " b"),)),
    ("***bi** i*", (s(I, s(B, "bi"), " i"),)),
    ("***bi* b**", (s(B, s(I, "bi"), " b"),)),
    ("**a*b**", (s(B, "a*b"),)),
    ("snake_case_word", (t("snake_case_word"),)),
    ("2 * 3 * 4", (t("2 * 3 * 4"),)),
    ("2*3*4", (t("2"), s(I, "3"), t("4"))),
    ("a ** b", (t("a ** b"),)),
    ("unclosed **bold", (t("unclosed **bold"),)),
    ("**a __b** c__", (s(B, "a __b"), t(" c__"))),
    (r"\*not\* \_a\_ \\", (t(r"*not* _a_ " + "\\"),)),
    (r"\a", (t(r"\a"),)),
    ("`c`", (leaf(C, "c"),)),
    ("`` a`b ``", (leaf(C, " a`b "),)),
    ("`` `a` ``", (leaf(C, "`a`"),)),
    ("`**c**`", (leaf(C, "**c**"),)),
    ("``` x```", (leaf(P, " x"),)),
    ("```py\nx = 1\n```", (leaf(P, "x = 1", "py"),)),
    ("```\n> a\n# b\n```", (leaf(P, "> a\n# b"),)),
    ("```py```", (leaf(P, "py"),)),
    ("``````", (t("``````"),)),
    ("```open", (t("```open"),)),
    ("> q", (s(Q, "q"),)),
    ("> q\n> r\nx", (s(Q, "q\nr"), t("\nx"))),
    ("a\n>>> q\nr", (t("a\n"), s(Q, "q\nr"))),
    (">no quote", (t(">no quote"),)),
    ("a > b", (t("a > b"),)),
    ("> **b**", (s(Q, s(B, "b")),)),
    ("> ```\n> c\n> ```", (s(Q, leaf(P, "c")),)),
    ("# H", (s(H, "H", value="1"),)),
    ("### H *i*\nx", (s(H, "H ", s(I, "i"), value="3"), t("\nx"))),
    ("#no heading", (t("#no heading"),)),
    ("#### none", (t("#### none"),)),
    ("-# small", (t("small"),)),
    ("- a\n- b", (t("- a\n- b"),)),
    ("1. a", (t("1. a"),)),
    ("[t](https://x.com)", (s(L, "t", value="https://x.com"),)),
    ("[t](<https://x.com>)", (s(L, "t", value="https://x.com"),)),
    ('[t](https://x.com "title")', (s(L, "t", value="https://x.com"),)),
    ("[t](https://x.com/a_(b))", (s(L, "t", value="https://x.com/a_(b)"),)),
    ("[**b**](https://x.com)", (s(L, s(B, "b"), value="https://x.com"),)),
    ("[[1]](https://x.com)", (s(L, "[1]", value="https://x.com"),)),
    ("[t](javascript:x)", (t("[t](javascript:x)"),)),
    ("[https://a.com](https://b.com)", (t("[https://a.com](https://b.com)"),)),
    ("https://x.com/a_b_c *i*", (t("https://x.com/a_b_c "), s(I, "i"))),
    ("**https://x.com**", (s(B, "https://x.com"),)),
    ("||https://x.com/a||", (s(SP, "https://x.com/a"),)),
    ("<https://x.com>", (t("https://x.com"),)),
    (
        "<@1> <@!1> <@&2> <#3>",
        (leaf(M, "@Ann"), t(" "), leaf(M, "@Ann"), t(" "), leaf(M, "@mods"), t(" "), leaf(M, "#news")),
    ),
    ("<@9>", (leaf(M, "@unknown-user"),)),
    ("<:smile:1> <a:wave:2>", (t(":smile: :wave:"),)),
    ("<t:0> <t:0:d>", (t("1970-01-01 00:00 UTC 1970-01-01"),)),
    ("<t:99999999999999:R>", (t("<t:99999999999999:R>"),)),
    ("<t:9999999999999:R>", (t("<t:9999999999999:R>"),)),
    ("</help:1>", (t("/help"),)),
    ("a <b> c", (t("a <b> c"),)),
    ("||a||||b||", (s(SP, "ab"),)),
    ("", ()),
]


@pytest.mark.parametrize(("content", "tree"), READ)
def test_reading(content: str, tree: RichText) -> None:
    names = Names(users={1: "Ann"}, roles={2: "mods"}, channels={3: "news"})
    assert parse(content, names) == tree


WRITTEN: list[tuple[RichText, str]] = [
    ((t("2 * 3 * 4"),), r"2 \* 3 \* 4"),
    ((t("snake_case"),), r"snake\_case"),
    ((t("> q"),), r"\> q"),
    ((t("# h\n#tag"),), "\\# h\n#tag"),
    ((t("- a\n1. b\n1.5"),), "\\- a\n1\\. b\n1.5"),
    ((t("-# x"),), r"\-# x"),
    ((t("@everyone @here"),), r"\@everyone \@here"),
    ((t("<@1>"),), r"\<@1>"),
    ((t("[t](https://x.com)"),), r"\[t\]\(https://x.com)"),
    ((t("see https://x.com/a_b_c."),), "see https://x.com/a_b_c."),
    ((t("(https://x.com/a)"),), "(https://x.com/a)"),
    ((s(B, "https://x.com"),), "**<https://x.com>**"),
    ((s(I, "https://x.com/a*b c"),), r"*https\://x.com/a\*b c*"),
    ((s(B, "b "), t("c")), "**b** c"),
    ((s(B, " "), t("c")), " c"),
    ((s(B, "b"), s(I, "i")), "**b**\u2060*i*"),
    ((s(B, s(I, "x")),), "***x***"),
    ((s(S, "a~"),), "~~a\\~\u2060~~"),
    ((s(B, "a", leaf(C, "c"), "b"),), "**a**\u2060`c`\u2060**b**"),
    ((leaf(C, "a`b"),), "``a`b``"),
    ((leaf(C, "`"),), "`` ` ``"),
    ((leaf(P, "x", "py"),), "```py\nx\n```"),
    ((leaf(P, "a```b"),), "```\na`\u2060`\u2060`b\n```"),
    ((leaf(P, "x", "no such"),), "```\nx\n```"),
    ((s(Q, "a\nb"), t("\nc")), "> a\n> b\nc"),
    ((t("a"), s(Q, "b"), t("c")), "a\n> b\nc"),
    ((s(Q, "> nested"),), r"> \> nested"),
    ((s(H, "T", value="2"), t("\nx")), "## T\nx"),
    ((s(L, "t", value="https://x.com/a b"),), "[t](<https://x.com/a%20b>)"),
    ((s(L, "example.com", value="https://example.com/"),), "[example.com](<https://example.com/>)"),
    ((s(L, "https://x.com", value="https://x.com"),), "https://x.com"),
    ((s(L, "https://bank.com", value="https://evil.com"),), "https://bank.com (https://evil.com)"),
    ((s(L, "bank.com", value="https://evil.com"),), "bank.com (https://evil.com)"),
    ((s(L, "b\u200bank.com", value="https://evil.com"),), "b\u200bank.com (https://evil.com)"),
    ((s(L, "ｈｔｔｐｓ：／／bank", value="https://evil.com"),), "ｈｔｔｐｓ：／／bank (https://evil.com)"),
    ((s(L, "\u200b", value="https://x.com/p.jpg"),), "\u200b (https://x.com/p.jpg)"),
    ((s(L, "t", value="tg://resolve?domain=x"),), r"t (tg\://resolve?domain=x)"),
    ((s(L, "t", value="javascript:alert(1)"),), "t (javascript:alert(1))"),
    ((leaf(M, "@durov", "https://t.me/durov"),), "[@durov](<https://t.me/durov>)"),
    ((leaf(M, "Ann_B"),), r"Ann\_B"),
    ((s(SP, leaf(C, "a||b")),), r"||a\|\|b||"),
    ((t("¯\\_(ツ)_/¯"),), r"¯\\\_(ツ)\_/¯"),
]


@pytest.mark.parametrize(("tree", "content"), WRITTEN)
def test_writing(tree: RichText, content: str) -> None:
    assert write(tree) == content


def test_a_link_that_hides_its_target_shows_it() -> None:
    tree = (s(SP, s(L, "https://bank.com", value="https://evil.com")),)
    assert "https://evil.com" in plain_text(parse(write(tree)))


@pytest.mark.parametrize(
    "piece", ["*", "**a", "_", "[", "[a](", "||", "`", "``x`", "<", "> ", "\\", "https://", "# *\n"]
)
def test_long_hostile_content_is_read_to_the_end(piece: str) -> None:
    content = (piece * 10_000)[:10_000]
    assert parse(write(parse(content))) is not None
