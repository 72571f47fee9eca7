"""What becomes of each mutant of a small lock, and that it says so for the right reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from quorate.checker.mutation import ALL_OPERATORS, Killer, MutantFate
from quorate.checker.mutation.building import changes
from quorate.checker.mutation.comparing import compared, states_as
from quorate.checker.mutation.trying import MutationTask, SearchedProtocol, try_change
from quorate.model.language import Protocol
from quorate.model.raft import Raft

from .locks import Begun, Lock

FILE = f"{Path(__file__).with_name('locks.py')}:Lock"
TASK = MutationTask(FILE, (("Node", 2), ("Term", 1)), (), ALL_OPERATORS, 100_000)
TWO_HOLD_IT = Killer("invariant", "one_at_a_time", 4)
FORGOTTEN = Killer("invariant", "votes_are_remembered", 2)


@pytest.mark.parametrize(
    ("before", "operator", "fate", "killer", "why"),
    [
        (
            "self.asked[n] = True",
            "drop-effect",
            MutantFate.INVALID,
            None,
            "action `ask` changes nothing",
        ),
        (
            "require(self.asked[n])",
            "drop-guard",
            MutantFate.SURVIVED,
            None,
            "16 new states are reached",
        ),
        (
            "require(not self.held[n])",
            "drop-guard",
            MutantFate.REFINES,
            None,
            "it reaches the same",
        ),
        ("require(self.is_free())", "drop-guard", MutantFate.KILLED, TWO_HOLD_IT, ""),
        (
            "require(self.last[n] < t)",
            "drop-guard",
            MutantFate.TOO_SMALL,
            FORGOTTEN,
            "with one Term",
        ),
        pytest.param(
            "self.last[n] < t",
            "shift-comparison",
            MutantFate.SAME,
            None,
            "it reaches the same states",
            marks=pytest.mark.exhaustive,
        ),
        (
            "self.last[n] < t",
            "flip-comparison",
            MutantFate.NARROWER,
            None,
            "24 states are not reached",
        ),
    ],
)
def test_a_fate(
    before: str, operator: str, fate: MutantFate, killer: Killer | None, why: str
) -> None:
    trial = try_change(TASK, _number(before, operator))
    assert (trial.fate, trial.killer) == (fate, killer)
    assert trial.why.startswith(why)
    assert (trial.larger is not None) == (fate is MutantFate.TOO_SMALL)


def _number(before: str, operator: str, protocol: type[Protocol] = Lock) -> int:
    """The number of the first change of a text by an operator."""
    edits = [c.edit for c in changes(protocol)]
    return next(i for i, e in enumerate(edits) if (e.before, e.operator) == (before, operator))


def test_other_initial_states_are_searched_though_all_steps_are_the_same() -> None:
    task = replace(TASK, protocol=FILE.replace(":Lock", ":Begun"))
    trial = try_change(task, _number("require(n == m)", "drop-guard", Begun))
    assert trial.killer == Killer("invariant", "one_at_a_time", 0)


def test_a_goal_that_is_not_reached_any_more() -> None:
    """A counter that never counts is safe."""
    task = MutationTask(
        FILE.replace("Lock", "Counter"), (("Count", 1),), (), ("flip-comparison",), 100
    )
    assert try_change(task, 0).killer == Killer("goal", "it_counts", None)


def test_a_search_that_is_stopped_proves_nothing() -> None:
    trial = try_change(replace(TASK, limit=10), _number("require(self.asked[n])", "drop-guard"))
    assert trial.fate is MutantFate.STOPPED
    assert trial.why == "after 10 states nothing was violated; give a larger --limit"


def test_what_larger_sizes_might_tell_is_said_by_name() -> None:
    limit = SearchedProtocol(Lock, TASK).exploration.states + 1
    number = _number("self.last[n] < t", "shift-comparison")
    trial = try_change(replace(TASK, limit=limit), number)
    assert trial.fate is MutantFate.SAME
    assert trial.why == (
        "it reaches the same states, by the same steps: Node=3 or Term=2 "
        f"(at least {limit} states) might tell"
    )


def test_a_promise_that_is_sent_before_it_is_kept() -> None:
    """The classic mistake: `max_bal` is recorded after the promise is sent."""
    sizes = (("Acceptor", 1), ("Ballot", 2), ("Value", 1))
    task = MutationTask("Paxos", sizes, (), ("delay-effect",), 100_000)
    trial = try_change(task, 0)
    assert (trial.name, trial.edit.before) == ("phase1b", "self.max_bal[a] = b")
    assert trial.killer == Killer("invariant", "promises_are_honest", 2)


def test_what_super_calls_is_killed_where_it_stands() -> None:
    """`Raft.lead` calls `RaftElection.lead`, whose guard asks for a quorum."""
    sizes = (("Server", 2), ("Term", 1), ("Value", 1), ("Index", 1))
    task = MutationTask("Raft", sizes, (), ("drop-guard",), 100_000)
    guard = "require(any(q <= self.votes[s] for q in Quorum))"
    (number,) = [i for i, c in enumerate(changes(Raft, task.operators)) if c.edit.before == guard]
    trial = try_change(task, number)
    assert (trial.name, trial.killer) == ("lead", Killer("invariant", "election_safety", 4))


def test_states_are_compared_in_the_layout_of_the_protocol() -> None:
    """A variable of the mutant's own is left out, and its states may be packed otherwise."""
    original = SearchedProtocol(Lock, TASK)
    change = next(c for c in changes(Lock) if c.edit.operator == "delay-effect")
    for like in (None, original):
        found = SearchedProtocol(change.build(), TASK, like)
        mutant, known = found.explorer, original.explorer
        packed = states_as(mutant, known.kernel.layout)
        assert packed is not None and change.edit.later is not None
        own = list(found.protocol.variables()).index(change.edit.later.variable)
        with original.sizes:
            every = [mutant.state(k) for k in range(mutant.store.count)]
            states = [tuple(s[:own] + s[own + 1 :]) for s in every]
            reached = [tuple(known.state(k)) for k in range(known.store.count)]
            rows = [known.packing.pack(s).tolist() for s in states]
        assert packed.tolist() == rows
        result = compared(mutant, known)
        assert result is not None and len(set(states)) < len(every)
        new, lost = set(states) - set(reached), set(reached) - set(states)
        assert (result.new, result.lost) == (len(new), len(lost))
        first_new = next((i for i, s in enumerate(states) if s in new), None)
        first_lost = next((i for i, s in enumerate(reached) if s in lost), None)
        assert (result.first_new, result.first_lost) == (first_new, first_lost)


def test_what_survives_is_said_with_a_run() -> None:
    """A shortest run to a state that is new, or to one that is lost."""
    found = try_change(TASK, _number("require(self.asked[n])", "drop-guard"))
    assert found.why == (
        "16 new states are reached, such as the one after take(n0); "
        "an invariant against it would tell"
    )
    lost = try_change(TASK, _number("self.last[n] < t", "flip-comparison"))
    assert lost.why == (
        "24 states are not reached any more, such as the one after vote(n0, t1); "
        "a @reachable goal there would tell"
    )
