from project.sandbox.faults import Counters, FaultBook, FaultRule, Phase


def test_a_rule_strikes_count_times_and_only_its_method_and_account():
    book = FaultBook()
    book.add(FaultRule("messages.sendMessage", code=420, error="FLOOD_WAIT_5", count=2, account="7"))

    assert book.take("messages.sendMedia", "7") is None
    assert book.take("messages.sendMessage", "8") is None
    assert [book.take("messages.SENDMESSAGE", "7") is not None for _ in range(3)] == [True, True, False]
    assert book.armed == 0


def test_rules_strike_in_the_order_they_were_added():
    book = FaultBook()
    book.add(FaultRule("a", error="FIRST"))
    book.add(FaultRule("*", Phase.DROP, error="SECOND"))

    assert [book.take("a").error, book.take("a").error] == ["FIRST", "SECOND"]


def test_counters_keep_the_highest_number_of_owners():
    counters = Counters()
    for owners in (1, 2, 1):
        counters.owned("key", owners)
    counters.called("help.getConfig")
    counters.unknown("messages.noSuch")

    view = counters.view()
    assert view.concurrent_owners == 2
    assert view.calls == {"": {"help.getConfig": 1}}
    assert view.unknown_methods == {"messages.noSuch": 1}
