"""What people see of a relayed message."""

from __future__ import annotations

import pytest

from pairs.text.names import display_name, file_name
from pairs.text.quote import quote_line, reply_line
from pairs.text.render import CaptionUse, RenderOptions, ShowAuthor, discord_parts, telegram_parts
from project.core.message import Attachment, Author, MediaKind, Message, Node, RichText, Style, plain_text
from project.core.richtext import text_node, utf16_len
from project.discord.markdown import write

OPTIONS = RenderOptions()


def message(text: RichText | str = (), **more: object) -> Message:
    tree = text_node(text) if isinstance(text, str) else text
    return Message("tg:1", 1, 0, text=tree, **more)  # type: ignore[arg-type]


def contents(text: RichText | str = (), options: RenderOptions = OPTIONS, **more: object) -> list[str]:
    return [part.content for part in discord_parts(message(text, **more), options=options)]


def test_nothing_to_say_makes_no_part() -> None:
    assert contents() == []
    assert contents(" \n ") == []
    assert telegram_parts(message(" "), options=OPTIONS, caption=CaptionUse.NONE) == ()


def test_the_note_stands_on_its_own_line() -> None:
    assert contents("text", note="[poll: yes or no?]") == ["text\n*\\[poll: yes or no?\\]*"]
    assert contents(note="[sticker]") == ["*\\[sticker\\]*"]


def test_the_author_is_shown_when_wanted() -> None:
    author = Author("Ann_B")
    assert contents("hi", author=author) == ["hi"]
    assert contents("hi", RenderOptions(ShowAuthor.LINE), author=author) == ["**Ann\\_B:**\nhi"]


def test_a_prefix_comes_first() -> None:
    prefix = quote_line(message("old text", author=Author("Ann")))
    assert contents("new", RenderOptions(prefix=prefix)) == ["> **Ann:** old text\nnew"]


def test_cuts_fall_between_paragraphs_then_lines_then_words() -> None:
    assert contents("a" * 1500 + "\n\n" + "b" * 1500) == ["a" * 1500, "b" * 1500]
    assert contents("a" * 1500 + "\n" + "b c " * 400) == ["a" * 1500, ("b c " * 400).strip()]
    assert all(part.split() == ["word"] * len(part.split()) for part in contents("word " * 1000))


def test_escapes_count_towards_the_limit() -> None:
    parts = contents("*" * 2000)
    assert [len(part) for part in parts] == [2000, 2000]
    assert "".join(parts) == "\\*" * 2000


def test_styles_and_fences_go_on_in_the_next_part() -> None:
    bold = contents((Node(Style.BOLD, children=text_node("word " * 500)),))
    assert all(part.startswith("**") and part.endswith("**") for part in bold)
    fenced = contents((Node(Style.PRE, "line\n" * 600, "py"),))
    assert all(part.startswith("```py\nline") and part.endswith("\n```") for part in fenced)
    quoted = contents((Node(Style.QUOTE, children=text_node("line\n" * 600)),))
    assert all(line.startswith("> ") for part in quoted for line in part.split("\n"))


@pytest.mark.parametrize("cluster", ["😀", "👨\u200d👩\u200d👧", "🇩🇪", "e\u0301", "👍🏽", "\ud83d\ude00"])
def test_no_character_is_cut_in_two(cluster: str) -> None:
    parts = contents("x" + cluster * 1500)
    assert "".join(parts) == "x" + cluster * 1500
    assert all(part.removeprefix("x").replace(cluster, "") == "" for part in parts)


def test_a_link_is_not_cut() -> None:
    tree = (
        *text_node("word " * 395),
        Node(Style.LINK, value="https://x.com", children=text_node("one two three four")),
    )
    first, second = contents(tree)
    assert "https" not in first
    assert second == "[one two three four](<https://x.com>)"


def test_the_caption_is_shorter_than_the_rest() -> None:
    parts = telegram_parts(message("word " * 1200), options=OPTIONS, caption=CaptionUse.FIRST)
    lengths = [utf16_len(plain_text(part.text)) for part in parts]
    assert lengths[0] <= 1024
    assert lengths[1] <= 4096
    assert len(lengths) == 3
    assert len(telegram_parts(message("word " * 800), options=OPTIONS, caption=CaptionUse.NONE)) == 1


def test_utf16_edge_of_telegram() -> None:
    fits = telegram_parts(message("😀" * 2048), options=OPTIONS, caption=CaptionUse.NONE)
    assert len(fits) == 1
    over = telegram_parts(message("😀" * 2049), options=OPTIONS, caption=CaptionUse.NONE)
    assert [utf16_len(plain_text(part.text)) for part in over] == [4096, 2]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ann", "Ann"),
        ("  Ann \n Lee ", "Ann Lee"),
        ("Discord Bot", "Dis.cord Bot"),
        ("CLYDE", "CLY.DE"),
        ("dis\u200bcord", "dis.cord"),
        ("ｄｉｓｃｏｒｄ", "dis.cord"),
        ("discorddiscord", "dis.corddis.cord"),
        ("a\u202eb", "ab"),
        ("", "Channel"),
        ("\u200b", "Channel"),
        ("x" * 81, "x" * 80),
        ("😀" * 81, "😀" * 40),
    ],
)
def test_display_names(name: str, shown: str) -> None:
    assert display_name(Author(name), "Channel") == shown


def test_a_display_name_is_never_empty() -> None:
    assert display_name(None, "News") == "News"
    assert display_name(None, "") == "Unknown"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\y.txt", "y.txt"),
        ("a\r\nContent-Type: x.png", "a_Content-Type_x.png"),
        ('a"b.png', "a_b.png"),
        ("..", "file"),
        ("", "file"),
        (".png", "png"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
        ("отчёт за май.docx", "отчёт_за_май.docx"),
        ("@everyone.txt", "everyone.txt"),
        ("_.bin", "file.bin"),
        ("...tar.gz", "tar.gz"),
        ("?.pdf", "file.pdf"),
        (".bashrc", "bashrc"),
        ("a." + "b" * 300, "a." + "b" * 98),
    ],
)
def test_file_names(name: str, safe: str) -> None:
    assert file_name(name) == safe


def test_a_quote_is_short_and_keeps_secrets() -> None:
    hidden = Node(Style.SPOILER, children=text_node("the butler"))
    quoted = quote_line(message((*text_node("It was\n"), hidden), author=Author("Ann")))
    assert write(quoted) == "> **Ann:** It was ||the butler||"
    assert len(plain_text(quote_line(message("word " * 100)))) <= 81


def test_a_quote_of_a_picture_says_so() -> None:
    picture = Attachment(MediaKind.PHOTO, "p.jpg", "image/jpeg", 1)
    assert plain_text(quote_line(message(attachments=(picture,), author=Author("Ann")))) == "Ann: photo"


def test_a_webhook_reply_leads_to_the_message() -> None:
    line = reply_line(text_node("old text"), "https://discord.com/channels/1/2/3")
    assert write(line) == "> [↩ Reply to](<https://discord.com/channels/1/2/3>) old text"


def test_a_link_on_nothing_visible_still_arrives() -> None:
    tree = (Node(Style.LINK, value="https://x.com", children=text_node(" ")),)
    assert contents(tree) == ["(https://x.com)"]
