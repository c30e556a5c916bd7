import pytest

from project.core.errors import InvalidInput
from project.sandbox.telegram.swallow import PushKind, Swallower, SwallowRule


def struck(rule, *, account=7, chat=1, kind=PushKind.POSTED, most=1000):
    return {pts for pts in range(most) if rule.strikes(kind, chat, account, pts)}


def test_about_as_many_vanish_as_the_probability_says_and_the_seed_chooses_which():
    lost = struck(SwallowRule(0.2, seed=1))
    assert 150 < len(lost) < 250
    assert lost == struck(SwallowRule(0.2, seed=1)) != struck(SwallowRule(0.2, seed=2))
    assert lost != struck(SwallowRule(0.2, seed=1), account=8), "one account misses what another hears"


def test_none_and_all():
    assert struck(SwallowRule(0.0)) == set()
    assert len(struck(SwallowRule(1.0))) == 1000


@pytest.mark.parametrize(
    ("rule", "kind", "chat", "account", "vanishes"),
    [
        (SwallowRule(1, kinds=(PushKind.EDITED,)), PushKind.EDITED, 1, 7, True),
        (SwallowRule(1, kinds=(PushKind.EDITED,)), PushKind.POSTED, 1, 7, False),
        (SwallowRule(1, channel_id=1), PushKind.POSTED, 1, 7, True),
        (SwallowRule(1, channel_id=1), PushKind.POSTED, 2, 7, False),
        (SwallowRule(1, account=7), PushKind.MEMBERSHIP, 1, 7, True),
        (SwallowRule(1, account=7), PushKind.MEMBERSHIP, 1, 8, False),
    ],
)
def test_a_rule_strikes_only_what_it_names(rule, kind, chat, account, vanishes):
    assert rule.strikes(kind, chat, account, 5) is vanishes


@pytest.mark.parametrize("probability", [-0.1, 1.1])
def test_a_probability_is_between_nothing_and_all(probability):
    with pytest.raises(InvalidInput):
        SwallowRule(probability)


def test_what_vanished_is_counted_by_kind_and_none_ends_it():
    swallower = Swallower()
    swallower.arm(SwallowRule(1, kinds=(PushKind.DELETED,)))
    assert [swallower.takes(kind, 1, 7, 5) for kind in (PushKind.DELETED, PushKind.POSTED)] == [True, False]
    swallower.arm(None)
    assert not swallower.takes(PushKind.DELETED, 1, 7, 6)
    assert swallower.vanished() == {PushKind.DELETED: 1}
