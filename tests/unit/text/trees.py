"""Strategies: strings and trees that make trouble."""

from __future__ import annotations

from hypothesis import strategies as st

from project.core.message import Node, RichText, Style

NASTY = (
    *"*_~|`[]()<>\\#-+>@!:. \n\t",
    *("**", "__", "~~", "||", "```", "``", ">>> ", "> ", "# ", "-# ", "1. ", "- ", "\n\n", "***", "****"),
    *("\u200b", "\u2060", "\u2060\u2060", "\u202e", "\u200d", "\ufeff", "\xa0", "\ud83d", "\ude00", "\x00", "\x1c"),
    *("😀", "👨\u200d👩\u200d👧", "🇩🇪", "é", "e\u0301", "я", "漢", "a", "b", "1", "word", "snake_case_x"),
    *("@everyone", "@here", "<@123>", "<#5>", "<:a:1>", "<t:1:R>", "http://", "https://", "https://x.com"),
    *("https://x.com/a_b*c", "(https://x.com/a)", "https://x.com/__a__", "[t](https://x.com)", "¯\\_(ツ)_/¯"),
)
text = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=3)), max_size=14).map("".join)
any_char = st.characters(exclude_categories=())
any_text = st.one_of(text, st.text(any_char, max_size=40))
urls = st.sampled_from(
    [
        "https://x.com",
        "https://x.com/a_(b)__c*d|e`f\\g h",
        "http://[::1]/",
        "tg://resolve?domain=x",
        "javascript:x",
        "",
        "https://",
        "https://x.com/" + "a" * 3000,
        "HTTPS://X.com/\ud800",
        "https://пример.рф/п\u2060*",
    ]
)


def _inner(children: st.SearchStrategy[RichText]) -> st.SearchStrategy[Node]:
    plain = st.sampled_from([Style.BOLD, Style.ITALIC, Style.UNDERLINE, Style.STRIKE, Style.SPOILER, Style.QUOTE])
    return st.one_of(
        st.builds(lambda style, nodes: Node(style, children=nodes), plain, children),
        st.builds(lambda url, nodes: Node(Style.LINK, value=url, children=nodes), urls, children),
        st.builds(
            lambda size, nodes: Node(Style.HEADING, value=size, children=nodes), st.sampled_from("123"), children
        ),
    )


leaves = st.one_of(
    st.builds(lambda shown: Node(Style.TEXT, shown), any_text),
    st.builds(lambda shown: Node(Style.CODE, shown), any_text),
    st.builds(
        lambda shown, language: Node(Style.PRE, shown, language), any_text, st.sampled_from(["", "py", "c++", "a b"])
    ),
    st.builds(lambda shown, url: Node(Style.MENTION, shown, url), any_text, urls),
)
nodes = st.recursive(leaves, lambda child: _inner(st.lists(child, max_size=4).map(tuple)), max_leaves=12)
trees = st.lists(nodes, max_size=5).map(tuple)
