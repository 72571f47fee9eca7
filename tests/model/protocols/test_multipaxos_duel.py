"""Leaders of Multi-Paxos that outbid each other for ever, and that a stable one ends it."""

from __future__ import annotations

from typing import Any

import quorate
from quorate.checker.liveness.results import Ending, Lasso
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.multipaxos import Accept, MultiPaxos, Prepare
from quorate.model.multipaxos_duel import MultiPaxosDuel, StableMultiPaxos

SIZES = {"Proposer": 2, "Acceptor": 2, "Slot": 1}
CLAIMS = {"something_is_executed", "what_is_proposed_is_executed"}


def duels() -> dict[str, Lasso]:
    found = quorate.check(MultiPaxosDuel, sizes=SIZES)
    assert found.liveness is not None and found.states == 345
    return {c.name: c.lasso for c in found.liveness.checks if c.lasso is not None}


def test_a_stable_leader_ends_it() -> None:
    found = quorate.check(StableMultiPaxos, sizes=SIZES, deadlock=True)
    assert found.holds and found.states == 1035 and found.liveness is not None
    assert {c.name for c in found.liveness.checks} == CLAIMS
    assert not any(c.vacuous for c in found.liveness.checks)


def test_both_explorers_count_the_same(search: Any) -> None:
    slow = search(MultiPaxosDuel, {}, **SIZES)
    assert not slow.broken and slow.counts[0] == 345


class Leaders:
    """Multi-Paxos, taken through what a step of the duel stands for."""

    def __init__(self, ballots: int) -> None:
        self.sizes = MultiPaxos.sized({"crash": 0}, **SIZES, Ballot=ballots, Value=1)
        self.of = {name: self.sizes.elements[s] for name, s in MultiPaxos.sorts().items()}
        self.used: dict[int, Any] = {}

    def steps(self, action: str, arguments: tuple[Any, ...]) -> list[tuple[str, tuple[Any, ...]]]:
        given = [x.index for x in arguments]
        p, slot, value = self.of["Proposer"][given[0]], self.of["Slot"][0], self.of["Value"][0]
        if action == "prepare":
            following = 1 + max((b.index for b in self.used.values()), default=-1)
            self.used[given[0]] = self.of["Ballot"][following]
            return [("prepare", (p, self.used[given[0]]))]
        ballot = self.used[given[0]]
        if action == "promise":
            return [("promise", (self.of["Acceptor"][given[1]], Prepare(ballot)))]
        if action == "propose":
            quorum = frozenset(self.of["Acceptor"])
            return [("lead", (p, quorum)), ("propose", (p, slot, value))]
        assert action == "accept"
        return [("accept", (self.of["Acceptor"][given[1]], Accept(ballot, slot, value)))]


def test_multi_paxos_takes_the_loop_as_often_as_there_are_ballots() -> None:
    found = duels()
    assert found.keys() == CLAIMS
    for lasso in found.values():
        assert lasso.ending is Ending.CYCLE
        moves = [*lasso.stem, *lasso.loop * 3]
        leaders = Leaders(sum(m.action == "prepare" for m in moves))
        with leaders.sizes:
            paxos = Interpreter(MultiPaxos, leaders.sizes)
            state: State | None
            (state,) = paxos.initial()
            for move in moves:
                for step in leaders.steps(move.action, move.arguments):
                    assert state is not None
                    state = paxos.step(state, *step)
                    assert state is not None, (move, step)
