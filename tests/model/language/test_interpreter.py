"""What CPython makes of a protocol: the reference that every engine is held against."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from quorate.model.language import FrozenMap, Protocol, SizeError, StepError
from quorate.model.language.interpreter import Interpreter, State

from . import toys
from .toys import (
    Careful,
    Counters,
    Crashes,
    Entry,
    Keyed,
    Log,
    Maps,
    Node,
    Quorums,
    Records,
    Role,
    Sets,
    Slot,
    Snapshot,
    Starts,
    Term,
    Value,
    Vote,
)

N = [Node(i) for i in range(3)]
V = [Value(i) for i in range(3)]
T = [Term(i) for i in range(3)]


class Running:
    """A interpreter in a state that steps move on."""

    def __init__(self, protocol: type[Protocol], **sizes: int) -> None:
        self.sizes = protocol.sized(**sizes)
        self.sizes.__enter__()
        self.interpreter = Interpreter(protocol, self.sizes)
        self.names = list(protocol.variables())
        self.state: State = self.interpreter.initial()[0]

    def do(self, action: str, *args: Any) -> bool:
        """Whether the step was possible."""
        after = self.interpreter.step(self.state, action, args)
        self.state = self.state if after is None else after
        return after is not None

    def __getitem__(self, name: str) -> Any:
        return self.state[self.names.index(name)]


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Any:
    """Starts machines, and leaves their sizes afterwards."""
    started: list[Running] = []

    def start(protocol: type[Protocol], **sizes: int) -> Running:
        started.append(Running(protocol, **sizes))
        return started[-1]

    yield start
    for one in reversed(started):
        one.sizes.__exit__(None, None, None)


def line_of(function: Any, text: str) -> str:
    lines, first = inspect.getsourcelines(function)
    offset = next(i for i, line in enumerate(lines) if text in line)
    return f"{inspect.getsourcefile(function)}:{first + offset}: "


def test_sequences(running: Any) -> None:
    run = running(Log, Node=2, Term=2, Value=1, Index=2)
    assert run.do("append", N[0], T[0], V[0])
    assert run.do("append", N[0], T[1], V[0])
    assert run["log"] == ((Entry(T[0], V[0]), Entry(T[1], V[0])), ())
    assert run.do("copy_last", N[1], N[0])
    assert run["log"][1] == (Entry(T[1], V[0]),)
    assert run.do("drop_first", N[0])
    assert run["log"][0] == (Entry(T[1], V[0]),)
    assert run.do("cut", N[0], 0)
    assert run["log"][0] == ()
    assert not run.do("drop_first", N[0])
    assert not run.do("cut", N[0], 0)
    assert run.interpreter.holds("first_is_proper", run.state)


def test_a_sequence_ends_at_its_bound(running: Any) -> None:
    run = running(Log, Node=1, Term=1, Value=1, Index=1)
    assert run.do("append", N[0], T[0], V[0])
    with pytest.raises(StepError) as caught:
        run.do("append", N[0], T[0], V[0])
    assert str(caught.value) == (
        line_of(Log.append, "self.log[n] =")
        + "append(n0, t1, v0): log[n0] has 2 entries, but Index ends at 1"
    )


def test_the_last_entry_of_nothing_is_undefined(running: Any) -> None:
    run = running(Log, Node=1, Term=1, Value=1, Index=1)
    with pytest.raises(StepError) as caught:
        run.do("copy_last", N[0], N[0])
    assert str(caught.value) == (
        line_of(Log.copy_last, "self.log[n] =")
        + "copy_last(n0, n0): there is no entry -1: the sequence is empty"
    )


def test_sets(running: Any) -> None:
    run = running(Sets, Node=3, Value=2)
    assert run.do("see", N[0], V[0])
    assert not run.do("see", N[0], V[0])
    assert run["seen"] == (frozenset({V[0]}), frozenset(), frozenset())
    assert run.do("only_empty")
    assert run["members"] == frozenset({N[1], N[2]})
    assert run.do("merge", N[0], N[1])
    assert run["seen"][0] == frozenset()
    assert run.do("forget", N[0], V[1])
    assert not run.do("choose", frozenset({N[1], N[2]}))
    assert run.do("choose", frozenset({N[0], N[1]}))
    assert run["members"] == frozenset({N[0], N[1]})


def test_maps_with_several_keys_and_in_messages(running: Any) -> None:
    run = running(Maps, Node=2, Index=1, Term=2)
    assert run.do("write", N[0], 1, T[1])
    assert run.do("write", N[0], 1, T[0])  # keeps the greater
    assert run["best"] == (Term.zero, T[1], Term.zero, Term.zero)
    assert run.do("publish", 1)
    (message,) = run["sent"]
    assert message == Snapshot(FrozenMap({N[0]: T[1], N[1]: Term.zero}))
    assert run.do("restore", message, 0)
    assert run["best"] == (T[1], T[1], Term.zero, Term.zero)


def test_enums_and_conditional_values(running: Any) -> None:
    run = running(Maps, Node=2, Index=1, Term=1)
    assert run.do("promote", N[0])
    assert run["role"] == (Role.leader, Role.follower)
    assert run.do("promote", N[0])
    assert run["role"] == (Role.follower, Role.follower)


def test_a_message_parameter_ranges_over_what_was_sent(running: Any) -> None:
    run = running(Maps, Node=2, Index=0, Term=1)
    assert "restore" not in {name for name, _, _ in run.interpreter.successors(run.state)}
    run.do("publish", 0)
    assert "restore" in {name for name, _, _ in run.interpreter.successors(run.state)}


def test_nested_and_optional_records(running: Any) -> None:
    run = running(Records, Term=1, Value=1)
    assert not run.do("finish")
    assert run.do("fill", T[0], V[0])
    assert run["slot"] == Slot(Entry(T[0], V[0]), False)
    assert run.do("finish")
    assert run["slot"].final
    assert run["last"] == Entry(T[0], V[0])
    assert run.do("peek", T[0])
    assert run["last"] is None


def test_a_field_of_none_is_undefined(running: Any) -> None:
    run = running(Records, Term=1, Value=1)
    with pytest.raises(StepError) as caught:
        run.do("peek", T[0])
    assert str(caught.value) == (
        line_of(Records.peek, "require") + "peek(t1): None has no field `term`"
    )
    with pytest.raises(StepError) as caught:
        run.interpreter.holds("last_is_old", run.state)
    assert str(caught.value) == (
        line_of(Records.last_is_old, "return") + "last_is_old(): None has no field `term`"
    )


def test_numbers_have_bounds(running: Any) -> None:
    run = running(Counters, Node=2, Index=1)
    assert run.do("up", N[0])
    assert run.do("sum_up")
    assert run["total"] == 1
    with pytest.raises(StepError) as caught:
        run.do("up", N[0])
    assert str(caught.value) == (
        line_of(Counters.up, "self.count") + "up(n0): count[n0] = 2, but Index goes from 0 to 1"
    )
    assert run["count"] == (1, 0), "a step that fails changes nothing"
    assert run.do("down")
    with pytest.raises(StepError, match=r"down\(\): total = -1, but Index goes from 0 to 1"):
        run.do("down")


def test_init_chooses_the_initial_states(running: Any) -> None:
    run = running(Starts, Node=3)
    starts = run.interpreter.initial()
    assert starts == [
        ((True, False, False), N[0]),
        ((False, True, False), N[1]),
        ((False, False, True), N[2]),
    ]


def test_a_crash_loses_what_is_volatile_and_costs_a_fault(running: Any) -> None:
    run = running(Crashes, Node=2, Index=1, Term=1)
    assert run.state[-1] == 1
    assert run.do("hear", N[0], 1, T[0])
    assert run.do("hear", N[1], 0, T[0])
    assert run.do("fail", N[0])
    assert run["promised"] == (T[0], T[0])
    assert run["current"] == (Term.zero, T[0])
    assert run["heard"] == (False, False, True, False)
    assert run.state[-1] == 0
    assert not run.do("fail", N[1]), "the budget is spent"


def test_budgets_can_be_given() -> None:
    sizes = {"Node": 1, "Index": 0, "Term": 1}
    assert Crashes.sized(**sizes).faults == {"crash": 1}
    assert Crashes.sized({"crash": 3}, **sizes).faults == {"crash": 3}
    with pytest.raises(SizeError, match="Crashes has no fault `loss`; it has crash"):
        Crashes.sized({"loss": 1}, **sizes)
    with pytest.raises(SizeError, match="fault crash=-1: a budget cannot be negative"):
        Crashes.sized({"crash": -1}, **sizes)


def test_a_key_allows_one_message(running: Any) -> None:
    run = running(Keyed, Node=2, Term=2)
    assert run.do("vote", N[0], T[0])
    assert run.do("vote", N[0], T[0]), "sent again, it is the same message"
    with pytest.raises(StepError) as caught:
        run.do("vote", N[0], T[1])
    assert str(caught.value) == (
        line_of(Keyed.vote, "self.sent.add")
        + "vote(n0, t2): Vote(node=n0, term=t2) is sent, but Vote(node=n0, term=t1) already was: "
        "key=('node',)"
    )
    assert not run.interpreter.holds("all_voted", run.state)
    run.do("vote", N[1], T[1])
    assert run.interpreter.holds("all_voted", run.state)


def test_an_override_calls_what_it_overrides(running: Any) -> None:
    run = running(Careful, Node=2, Term=2)
    assert run.do("vote", N[0], T[0])
    assert not run.do("vote", N[0], T[1])
    assert run["sent"] == frozenset({Vote(N[0], T[0])})


def test_requirements_say_which_guard_failed(running: Any) -> None:
    run = running(Records, Term=1, Value=1)
    (guard,) = run.interpreter.requirements(run.state, "finish", ())
    assert (guard.held, guard.file) == (False, toys.__file__)
    assert line_of(Records.finish, "require").endswith(f":{guard.line}: ")
    run.do("fill", T[0], V[0])
    assert [g.held for g in run.interpreter.requirements(run.state, "finish", ())] == [True]


def test_requirements_of_an_override_include_those_it_calls(running: Any) -> None:
    run = running(Careful, Node=1, Term=1)
    assert [g.held for g in run.interpreter.requirements(run.state, "vote", (N[0], T[0]))] == [True]
    run.do("vote", N[0], T[0])
    assert [g.held for g in run.interpreter.requirements(run.state, "vote", (N[0], T[0]))] == [
        False
    ]
    assert run["sent"] == frozenset({Vote(N[0], T[0])}), "asking changes nothing"


def test_quorum_systems(running: Any) -> None:
    run = running(Quorums, Node=3)
    pairs = [frozenset({N[0], N[1]}), frozenset({N[0], N[2]}), frozenset({N[1], N[2]})]
    assert [frozenset(q) for q in toys.Quorum] == pairs
    assert [frozenset(q) for q in toys.Pair] == pairs
    assert [frozenset(q) for q in toys.Heavy] == pairs[:2]
    assert [frozenset(q) for q in toys.Listed] == [pairs[0], pairs[2]]
    heavy = next(iter(toys.Heavy))
    assert repr(heavy) == "{n0,n1}"
    assert run.do("mark", heavy)
    assert run["by"] == (True, True, False)


@pytest.mark.parametrize("protocol", toys.TOYS, ids=lambda p: p.__name__)
def test_successors_agree_with_steps(protocol: type[Protocol], running: Any) -> None:
    wanted = {"Node": 3, "Value": 1, "Term": 1, "Index": 2}
    run = running(protocol, **{n: s for n, s in wanted.items() if n in protocol.sorts()})
    if protocol in (Log, Records, Counters):  # some of their steps are undefined at first
        return
    for state in run.interpreter.initial():
        for name, args, after in run.interpreter.successors(state):
            assert run.interpreter.step(state, name, args) == after
