"""News between processes that the journal holds something for them: "ACCOUNT PAIR" or "ACCOUNT inbox" by NOTIFY.

They come with nearly every message that two processes share. So they say what to read, and go a way of their own: a
wake-up (`relay_wake`) makes a process look at all of its rows, and control and every account of the process with it.
Each of them may get lost; whoever they are for also looks by itself, every 15 s. So during an upgrade a process of a
version that does not know them relays what others tell it up to 18 s late.
"""

from __future__ import annotations

CHANNEL = "relay_news"
INBOX = "inbox"  # people did something on Discord; else a pair's number: its second hop has something to send
