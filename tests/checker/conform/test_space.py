"""The model as it is driven: compiled steps, disabled steps and guards are those of CPython."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

import pytest
from hypothesis import event, given

from quorate.checker.conform.space import Space
from quorate.checker.tracing.values import show_state
from quorate.model.language import (
    Map,
    Message,
    Messages,
    ModelError,
    Protocol,
    SizeError,
    Sort,
    StepError,
    action,
    durable,
    require,
)
from quorate.model.language.declare.sorts import Sizes
from quorate.model.paxos import Paxos

from ...support.comparing.symbolic import symbolic
from ...support.examples import share
from ...support.strategies import Source, loaded, sized, sources

MOST = 60


def agrees(protocol: type[Protocol], sizes: Sizes) -> str:
    """Walk through the first states, and compare all that a space says with the interpreter."""
    with sizes:
        space = Space(protocol, sizes)
        interpreter, variables = space.model.interpreter, space.description.variables
        try:
            initial = list(dict.fromkeys(interpreter.initial()))
        except StepError:
            return "senseless start"
        assert list(map(space.state, space.initial)) == initial
        found, known = list(space.initial), set(space.initial)
        for row in found:
            state = space.state(row)
            names = {v.name for v in variables}
            shown = {n: v for n, v in show_state(space.description, state).items() if n in names}
            assert space.shown(row) == shown
            try:
                expected = Counter(interpreter.successors(state))
            except StepError:
                with pytest.raises(StepError):
                    space.steps(row)
                return "undefined"
            try:
                steps = space.steps(row)
            except StepError:
                return "undefined, to the kernel"
            calls = [(space.call(code), space.state(target)) for code, target in steps]
            assert Counter((c.action, c.arguments, s) for c, s in calls) == expected
            for code in space.disabled(row):
                call = space.call(code)
                assert not call.environment
                assert interpreter.step(state, call.action, call.arguments) is None
                asked = space.requirements(row, call)
                first = next(k for k, r in enumerate(asked) if not r.held)
                assert space.failing(row, code)[0] == first
            new = [target for _, target in steps if target not in known]
            found += list(dict.fromkeys(new))[: MOST - len(found)]
            known.update(found)
        return "agrees"


def of(source: Source) -> str:
    with loaded(source) as protocol:
        try:
            return agrees(protocol, sized(protocol, source))
        except (ModelError, SizeError):
            return "rejected"


@pytest.mark.usefixtures("own_cache")
@given(sources())
@share(2)
def test_generated_protocols_are_driven_as_python_runs_them(source: Source) -> None:
    event(of(source))


@pytest.mark.usefixtures("own_cache")
@given(sources())
@share(4)
def test_also_where_a_step_loops_over_the_messages(source: Source) -> None:
    with symbolic():
        event(of(source))


def test_paxos_is_driven_as_python_runs_it() -> None:
    assert agrees(Paxos, Paxos.sized(Acceptor=2, Ballot=2, Value=2)) == "agrees"


class Node(Sort): ...


class Ask(Message):
    n: Node


class Answer(Message):
    n: Node


class Asking(Protocol):
    """Who may do what: `n` asks, is answered, counts the answers; a timer is not its own."""

    faults: ClassVar = {"crash": 1}

    asked: Map[Node, bool] = durable(False)
    done: Map[Node, bool] = durable(False)
    sent: Messages[Ask, Answer]

    @action
    def ask(self, n: Node) -> None:
        require(not self.asked[n])
        self.asked[n] = True
        self.sent.add(Ask(n))

    @action
    def answer(self, n: Node) -> None:
        require(Ask(n) in self.sent)
        require(not self.done[n])
        self.sent.add(Answer(n))

    @action
    def receive(self, n: Node, m: Answer) -> None:
        require(m.n == n)
        self.done[n] = True

    @action
    def finish(self, n: Node) -> None:
        require(all(Answer(k) in self.sent for k in Node))
        self.done[n] = True

    @action(by="environment")
    def timeout(self, n: Node) -> None:
        require(self.asked[n])
        self.asked[n] = False

    @action(fault="crash")
    def lose(self, n: Node) -> None:
        require(self.asked[n])
        self.asked[n] = False


def test_what_a_process_must_not_do_is_told_from_what_the_environment_has_not_done() -> None:
    sizes = Asking.sized(Node=2)
    with sizes:
        space = Space(Asking, sizes)
        (first,) = space.initial
        # Nobody has asked: no answer can be expected, but `finish` counts for itself.
        assert [str(space.call(c)) for c in space.disabled(first)] == [
            "finish(n=n0)",
            "finish(n=n1)",
        ]
        steps = {str(space.call(c)): row for c, row in space.steps(first)}
        asked = steps["ask(n=n0)"]
        disabled = {str(space.call(c)): c for c in space.disabled(asked)}
        assert set(disabled) == {"ask(n=n0)", "finish(n=n0)", "finish(n=n1)"}
        assert space.failing(asked, disabled["ask(n=n0)"]) == (0,)
        answered = {str(space.call(c)): row for c, row in space.steps(asked)}["answer(n=n0)"]
        disabled = {str(space.call(c)): c for c in space.disabled(answered)}
        # That a message comes to another than the one it is for is disabled in every state.
        never = [name for name, code in disabled.items() if space.is_never_enabled(code)]
        assert never == ["receive(n=n1, m=Answer(n=n0))"]
        environment = {c.action for c in map(space.call, space.codes) if c.environment}
        assert environment == {"timeout", "lose"}


class Mixed(Protocol):
    """Guards that say both what was sent and what a process decides."""

    done: Map[Node, bool] = durable(False)
    sent: Messages[Ask, Answer]

    @action
    def ask(self, n: Node) -> None:
        self.sent.add(Ask(n))

    @action
    def both(self, n: Node) -> None:
        require(Ask(n) in self.sent and not self.done[n])
        self.done[n] = True

    @action
    def some(self, n: Node) -> None:
        require(any(m.n == n and not self.done[m.n] for m in self.sent[Ask]))
        self.done[n] = True

    @action
    def either(self, n: Node) -> None:
        require(Ask(n) in self.sent or self.done[n])
        self.done[n] = False


def test_a_guard_that_mixes_both_is_tried_where_the_message_is_there() -> None:
    sizes = Mixed.sized(Node=2)
    with sizes:
        space = Space(Mixed, sizes)
        (first,) = space.initial
        # What is sent is one of two ways there: the other is the process's own.
        either = ["either(n=n0)", "either(n=n1)"]
        assert [str(space.call(c)) for c in space.disabled(first)] == either
        asked = {str(space.call(c)): row for c, row in space.steps(first)}["ask(n=n0)"]
        done = {str(space.call(c)): row for c, row in space.steps(asked)}["both(n=n0)"]
        disabled = [str(space.call(c)) for c in space.disabled(done)]
        assert disabled == ["both(n=n0)", "some(n=n0)", "either(n=n1)"]
        assert space.deliveries == {
            "ask": (),
            "both": (False,),
            "some": (False,),
            "either": (False,),
        }


def test_who_takes_an_action_is_spelled_as_it_should_be() -> None:
    with pytest.raises(ValueError, match="by='me': only by='environment' is known"):
        action(by="me")
