"""What `quorate explain` says would enable an action does so, in every kind of model."""

from __future__ import annotations

import random

import pytest

from quorate.checker.ground.first_states import initial_states
from quorate.checker.loading import load_protocol
from quorate.checker.tracing.enabling import enabling
from quorate.checker.tracing.guards import nearest, tried
from quorate.model.language import Message, Messages, Protocol, Set, Sort, action, durable
from quorate.model.language.declare.sizing import sized_sorts
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter

# Message sets, links in order, clocks, sequences, records; some of them every day.
MODELS = ["Paxos", "LeaseLock", "PreVoting"]
MORE = ["Raft", "MultiPaxos", "Abd", "ChainReplication", "Peterson", "CasPaxos"]
SIZES = {"Index": 1, "Term": 1, "Slot": 1}


@pytest.mark.parametrize(
    "name", [*MODELS, *(pytest.param(n, marks=pytest.mark.exhaustive) for n in MORE)]
)
def test_after_what_is_advised_the_guards_hold(name: str) -> None:
    protocol, rng = load_protocol(name), random.Random(1)
    chosen = {sort: SIZES.get(sort, 2) for sort in sized_sorts(protocol)}
    sizes = protocol.sized(faults=dict.fromkeys(protocol.budgets(), 1), **chosen)
    advised = 0
    with sizes:
        interpreter = Interpreter(protocol, sizes)
        state = initial_states(protocol, sizes)[0]
        for _ in range(4):
            for action in [a.name for a in describe(protocol).actions]:
                if not (choices := interpreter.choices(state, action)):
                    (found,), instances = nearest(interpreter, state, action)
                    assert instances == 0 and "is there" in found.guards[0].why
                    continue
                arguments = rng.choice(choices)
                found = tried(interpreter, state, action, arguments)
                if found.move is not None:
                    continue
                failing = [g for g in found.guards if not g.held]
                assert failing or found.undefined
                assert all(guard.why for guard in failing)
                places = [guard.place for guard in failing if guard.place is not None]
                search = enabling(interpreter, state, action, arguments, places, most=60)
                for path in filter(None, [search.enabled, *search.guards.values()]):
                    after = state
                    for move in path:
                        after = interpreter.step(after, move.action, move.arguments)
                        assert after == move.state
                    again = tried(interpreter, after, action, arguments)
                    if path is search.enabled:
                        assert again.move is not None
                        advised += 1
                    held = {g.place for g in again.guards if g.held}
                    assert {p for p, way in search.guards.items() if way == path} <= held
            state = rng.choice([*interpreter.successors(state)])[2]
    assert advised


class Node(Sort): ...


class View(Message):
    members: Set[Node]


class Viewing(Protocol):
    seen: Set[Node] = durable(frozenset())
    sent: Messages[View]

    @action
    def see(self, v: View) -> None:
        self.seen = v.members


def test_a_message_is_shown_as_in_a_trace() -> None:
    sizes = Viewing.sized(Node=2)
    with sizes:
        view = View({Node(0)})
        interpreter = Interpreter(Viewing, sizes)
        found = tried(interpreter, interpreter.initial()[0], "see", (view,))
    assert [g.text for g in found.guards] == ["View(members={n0}) can be received"]
