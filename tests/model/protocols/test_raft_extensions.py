"""Raft in single steps, and what is built on it: counts by both explorers, bugs, runs of Raft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

import quorate
from quorate.checker.loading import load_protocol
from quorate.model.language import action, require
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.raft import Ack, Append, Raft
from quorate.model.raft_atomic import AtomicRaft
from quorate.model.raft_election import Index, RequestVote, Role, Server, Term, Vote

from ...support.examples import some


@dataclass(frozen=True)
class Case:
    """A bound, and what both explorers count: states, transitions, depth."""

    name: str
    sizes: tuple[int, int, int, int]  # servers, values, terms, entries
    crashes: int
    counts: tuple[int, int, int]
    unreached: frozenset[str] = frozenset()

    @property
    def bound(self) -> dict[str, int]:
        return dict(zip(("Server", "Value", "Term", "Index"), self.sizes, strict=True))

    @property
    def faults(self) -> dict[str, int]:
        return {"crash": self.crashes}


SMALL = [
    Case("AtomicRaft", (3, 1, 1, 1), 1, (178, 972, 7)),
    Case("MonotoneRaft", (2, 1, 1, 1), 1, (28, 82, 6)),
    Case("SingleServerChanges", (2, 2, 1, 2), 0, (721, 3460, 8)),
    Case(
        "JointConsensus",
        (2, 1, 1, 2),
        0,
        (241, 1064, 6),
        frozenset({"a_change_is_completed"}),  # that takes a command for each half of it
    ),
    Case("ReadIndex", (2, 1, 2, 1), 0, (49, 184, 7)),
    Case("RaftSnapshots", (2, 1, 1, 2), 1, (222, 1006, 9)),
    Case("PreVoting", (2, 1, 1, 1), 1, (356, 852, 12)),
]


@pytest.mark.parametrize("case", some(SMALL, SMALL[:1], lambda c: c.name))
def test_both_explorers_count_the_same(case: Case, search: Any) -> None:
    protocol = load_protocol(case.name)
    slow = search(protocol, case.faults, **case.bound)
    fast = quorate.check(protocol, sizes=case.bound, faults=case.faults).exploration
    assert not slow.broken and fast.violated is None
    assert slow.counts == (fast.states, fast.transitions, fast.depth) == case.counts
    assert set(protocol.methods("reachable")) - set(slow.reached) == case.unreached


# ---------------------------------------------------------------- each run is one of Raft


class RaftInParts(Raft):
    """Raft whose leader may send any part of its log, as figure 2 has it, and not only its end."""

    @action
    def append(self, s: Server, n: Index, k: Index) -> None:  # type: ignore[override]
        require(self.role[s] == Role.LEADER)
        require(n <= k and k <= len(self.log[s]))
        entries = self.log[s][n:k]
        self.sent.add(Append(self.term[s], s, n, self.term_at(s, n), entries, self.commit[s]))


class Twin:
    """Raft, taken through what a step of `AtomicRaft` stands for."""

    def __init__(self, raft: Interpreter) -> None:
        self.raft = raft
        self.names = list(raft.protocol.variables())

    def do(self, state: State, action: str, *arguments: Any) -> State:
        after = self.raft.step(state, action, arguments)
        assert after is not None, (action, arguments)
        return after

    def read(self, state: State, variable: str, *keys: Any) -> Any:
        row = state[self.names.index(variable)]
        return row[keys[0].index] if keys else row

    def elect(self, state: State, s: Server, t: Term, q: frozenset[Server]) -> State:
        for term in self.raft.sizes.elements[Term]:
            if self.read(state, "term", s) < term and term <= t:
                state = self.do(state, "timeout", s, term)
        log = self.read(state, "log", s)
        ask = RequestVote(t, s, len(log), log[-1].t if log else Term.zero)
        for u in q - {s}:
            state = self.do(state, "step_down", u, t)
            state = self.do(state, "grant", u, ask)
            state = self.do(state, "receive_vote", s, Vote(t, u, s))
        return self.do(state, "lead", s)

    def step_down(self, state: State, s: Server, u: Server) -> State:
        return self.do(state, "step_down", s, self.read(state, "term", u))

    def replicate(self, state: State, s: Server, u: Server, n: int, k: int) -> State:
        term, log = self.read(state, "term", s), self.read(state, "log", s)
        state = self.do(state, "append", s, n, k)
        last = log[n - 1].t if n else Term.zero
        sent = Append(term, s, n, last, log[n:k], self.read(state, "commit", s))
        state = self.do(state, "receive_append", u, sent)
        after = self.raft.step(state, "receive_ack", (s, Ack(term, u, s, k)))
        return state if after is None else after  # it knew that already

    def step(self, state: State, action: str, arguments: tuple[Any, ...]) -> State:
        if action in ("elect", "step_down", "replicate"):
            stepped: State = getattr(self, action)(state, *arguments)
            return stepped
        return self.do(state, action, *arguments)


def visible(names: list[str], state: State) -> Any:
    """What both have: a leader's matches alone, as only it reads them."""
    found = dict(zip(names, state, strict=False))
    servers = range(len(found["term"]))
    leads = [found["role"][s] == Role.LEADER for s in servers]
    rows = [
        found["match"][s * len(servers) : (s + 1) * len(servers)] if leads[s] else ()
        for s in servers
    ]
    return found["term"], found["log"], found["commit"], leads, rows


def pursue(crashes: int, *sizes: int) -> int:
    """Take Raft along every step of `AtomicRaft`; returns how many there are."""
    names = ("Server", "Value", "Term", "Index")
    bound, faults = dict(zip(names, sizes, strict=True)), {"crash": crashes}
    atomic, whole = AtomicRaft.sized(faults, **bound), RaftInParts.sized(faults, **bound)
    with atomic, whole:
        steps, twin = Interpreter(AtomicRaft, atomic), Twin(Interpreter(RaftInParts, whole))
        seen = dict(zip(steps.initial(), twin.raft.initial(), strict=True))
        taken = 0
        for state in (queue := list(seen)):
            for action, arguments, after in steps.successors(state):
                reached = twin.step(seen[state], action, arguments)
                assert visible(list(AtomicRaft.variables()), after) == visible(twin.names, reached)
                taken += 1
                if after not in seen:
                    seen[after] = reached
                    queue.append(after)
    return taken


def test_every_step_is_some_of_raft() -> None:
    assert pursue(1, 2, 1, 2, 1) == 300


@pytest.mark.exhaustive
def test_every_step_of_three_servers_is_some_of_raft() -> None:
    assert pursue(0, 3, 1, 2, 1) == 3324
