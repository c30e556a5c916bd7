"""Names in the audit trail, from the tables."""

from __future__ import annotations

from typing import Any

import pytest

from pairs.models import Pair
from project.bot.trail_names import find_names, meant_by
from project.core.models import AuditEvent, Operator
from project.core.trail import trail_page
from sessions.models import SenderBot, TelegramSession

pytestmark = pytest.mark.django_db


def test_names_of_a_page_cost_a_query_a_table(django_assert_max_num_queries: Any) -> None:
    session = TelegramSession.objects.create(name="main", phone_sealed=b"", phone_hint="", device={})
    sender = SenderBot.objects.create(bot_id=77, username="copy_bot", token_sealed=b"", device={})
    pair = Pair.objects.create(source_chat=10, source_title="News", discord_channel=20, destination_chat=30)
    Operator.objects.create(user_id=6_000_000_002, name="Ann", role="owner")
    texts = ["bot:6000000002", "operator:6000000002", "bot:5", f"worker:{session.account}", session.account, "cli:root"]
    with django_assert_max_num_queries(5):
        found = find_names([*texts, sender.account, f"pair.{pair.pk}", "pair.999999", "operation.999999", "beat"] * 9)
    assert found == {
        "bot:6000000002": "Ann (6000000002)",
        "operator:6000000002": "Ann (6000000002)",
        session.account: "session main",
        sender.account: "sender @copy_bot",
        f"pair.{pair.pk}": f"pair {pair.pk} (News → 30)",
    }


def test_the_trail_is_searched_by_the_names_that_it_shows() -> None:
    found = [
        TelegramSession.objects.create(name="main", phone_sealed=b"", phone_hint="", device={}).account,
        SenderBot.objects.create(bot_id=77, username="copy_bot", token_sealed=b"", device={}).account,
    ]
    for target in (*found, f"{found[0]}0", "pair.1"):
        AuditEvent.objects.create(actor="cli:me", action="it.changed", target=target)
    for words, targets in (("MAIN", found[:1]), ("changed @copy_bot", found[1:]), ("other", [])):
        assert [entry.target for entry in trail_page(words, meant=meant_by(words.split())).entries] == targets
