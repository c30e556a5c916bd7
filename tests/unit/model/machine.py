"""Every order in which the parties of the model can act, as a state machine for hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.unit.model.parts import HOPS, SENDER, SESSIONS, Process, Rules, Stage
from tests.unit.model.traces import successor
from tests.unit.model.world import World

MOST_PROCESSES = 3  # of one account at a time
ROUNDS = 40

ANY = st.integers(0, 11)  # which of those that can
HOP = st.sampled_from(HOPS)
STAGE = st.sampled_from([Stage.COMMITTED, Stage.COMMITTED, Stage.BEGUN, Stage.QUEUED])


class Machine(RuleBasedStateMachine):
    """The parties of one world; `product` are the rules it obeys."""

    product = Rules()

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.product)
        self.stepped = False

    def act(self, step: Callable[[Process], object], turn: int, among: Sequence[Process] | None = None) -> None:
        living = [process for process in self.world.processes if process.alive]
        able = living if among is None else among
        if able:
            step(able[turn % len(able)])

    @rule(count=st.integers(1, 3))
    def post(self, count: int) -> None:
        self.world.top += count

    @rule(turn=ANY, stage=STAGE)
    def append(self, turn: int, stage: Stage) -> None:
        self.act(lambda process: self.world.append(process, stage), turn)

    @rule(turn=ANY, hop=HOP, stage=STAGE)
    def lane(self, turn: int, hop: int, stage: Stage) -> None:
        self.act(lambda process: self.world.lane(process, hop, stage), turn)

    @rule(turn=ANY, hop=HOP)
    def send(self, turn: int, hop: int) -> None:
        self.act(lambda process: self.world.send(process, hop), turn)

    @rule()
    def relay(self) -> None:
        relay(self.world)

    @precondition(lambda self: self.world.queued())
    @rule(turn=ANY)
    def begin(self, turn: int) -> None:
        queued = self.world.queued()
        self.world.begin(queued[turn % len(queued)])

    @precondition(lambda self: self.world.writes)
    @rule(turn=ANY)
    def commit(self, turn: int) -> None:
        self.world.commit(self.world.writes[turn % len(self.world.writes)])

    @invariant()
    def ping(self) -> None:
        for process in self.world.processes:
            self.world.ping(process)

    @rule(account=st.sampled_from([*SESSIONS, SENDER]))
    def start(self, account: str) -> None:
        if len(list(self.world.of(account))) < MOST_PROCESSES:
            process = self.world.start(account)
            self.world.acquire(process)

    @rule(turn=ANY)
    def come(self, turn: int) -> None:
        self.act(self.world.acquire, turn)
        self.act(self.world.connect, turn)
        self.act(self.world.load, turn)

    @rule(turn=ANY)
    def connect(self, turn: int) -> None:
        self.act(self.world.connect, turn)

    @rule(turn=ANY)
    def arm(self, turn: int) -> None:
        self.act(self.world.arm, turn)

    @rule(turn=ANY)
    def load(self, turn: int) -> None:
        self.act(self.world.load, turn)

    @rule(turn=ANY)
    def kill(self, turn: int) -> None:
        self.act(self.world.die, turn)

    @rule(turn=ANY)
    def tell_to_end(self, turn: int) -> None:
        self.act(lambda process: setattr(process, "told_to_end", True), turn)

    @rule(turn=ANY)
    def free(self, turn: int) -> None:
        self.act(self.world.free, turn, self.world.processes)

    @rule(turn=ANY)
    def freeze(self, turn: int) -> None:
        self.act(lambda process: setattr(process, "frozen", True), turn)

    @rule(turn=ANY)
    def overtake(self, turn: int) -> None:
        """One is frozen for half a minute, and another one takes its account."""
        living = [process for process in self.world.processes if process.connected]
        if living:
            frozen = living[turn % len(living)]
            frozen.frozen = True
            self.world.calm(16)
            successor(self.world, frozen.account, after=16)

    @rule()
    def hand_over(self) -> None:
        """There, or back, by an owner that hears of it at once."""
        self.wish()
        for step in (self.world.leave, self.world.give, self.world.load):
            for process in self.world.processes:
                step(process)

    @precondition(lambda self: any(process.frozen for process in self.world.processes))
    @rule(turn=ANY)
    def wake(self, turn: int) -> None:
        self.act(self.world.wake, turn, [process for process in self.world.processes if process.frozen])

    @rule(seconds=st.sampled_from([1, 5, 12, 15]))
    def tick(self, seconds: int) -> None:
        self.world.tick(seconds)

    @rule(seconds=st.sampled_from([4, 16, 32]))
    def calm(self, seconds: int) -> None:
        self.world.calm(seconds)

    @precondition(lambda self: not self.stepped)
    @rule(hours=st.sampled_from([1, -1]))
    def set_the_databases_clock(self, hours: int) -> None:
        self.stepped = True
        self.world.skew += hours * 3600

    @rule()
    def wish(self) -> None:
        self.world.wanted = "B" if self.world.wanted == "A" else "A"

    @rule(turn=ANY)
    def leave(self, turn: int) -> None:
        self.act(self.world.leave, turn)

    @rule(turn=ANY)
    def cancel(self, turn: int) -> None:
        self.act(self.world.cancel, turn)

    @rule(turn=ANY)
    def give(self, turn: int) -> None:
        self.act(self.world.give, turn)

    @rule()
    def force(self) -> None:
        self.world.force()

    def teardown(self) -> None:
        if self.product == Rules():
            heal(self.world)


def relay(world: World) -> None:
    """Everybody does what is to be done, once."""
    for process in [process for process in world.processes if process.alive]:
        world.load(process)
        world.append(process, Stage.COMMITTED)
        for hop in HOPS:
            world.lane(process, hop, Stage.COMMITTED)
            world.send(process, hop)


def heal(world: World) -> None:
    """Nothing goes wrong any more: everything is delivered, once and in order, by the session that is wanted."""
    world.top += 1
    for process in world.processes:
        world.die(process) if process.frozen else None
    everything = list(range(1, world.top + 1))
    for _ in range(ROUNDS + 3 * world.top):
        _one_round(world)
        if world.posts == dict.fromkeys(HOPS, everything) and world.session == world.wanted:
            break
    assert world.journal == everything, f"journal {world.journal} of {world.top}"
    assert world.posts == dict.fromkeys(HOPS, everything), world.posts
    assert world.session == world.wanted


def _one_round(world: World) -> None:
    for write in list(world.writes):
        world.commit(write)
    for write in world.queued():
        world.begin(write)
    for process in list(world.processes):
        world.free(process)
    for account in world.leases:
        if not list(world.of(account)):
            world.start(account)
    for process in [process for process in world.processes if process.alive]:
        world.acquire(process)
        world.arm(process)
        world.connect(process)
        world.leave(process)
        world.give(process)
    world.force()
    relay(world)
    world.calm(1)
