"""Fair runs of graphs: against an oracle that tries every set of states, and the faults of others.

Each graph made by hand is one that some other checker got wrong; issues are those of its tracker.
What others get wrong about symmetry, workers, partial searches, partial-order reduction and
constraints is in `test_protocols.py` and in `explore/test_constraint.py`.
"""

from __future__ import annotations

from random import Random

import pytest

from ...support.fair_runs import Edge, Runs
from .graphs import found, random_runs

KINDS = ("eventually", "always_eventually", "eventually_always", "leads_to")


def holds(runs: Runs, kind: str, *where: set[int]) -> bool:
    """The verdict on a property, which oracle and analysis agree about."""
    run = found(runs, kind, *where)
    assert (run is not None) == runs.violates(kind, *where)
    return run is None


def test_random_graphs() -> None:
    verdicts = set()
    for seed in range(60):
        runs, r = random_runs(seed), Random(seed)
        for kind in KINDS:
            where = [{k for k in range(runs.states) if r.random() < 0.4} for _ in range(2)]
            verdicts.add((kind, holds(runs, kind, *where[kind != "leads_to" :])))
    assert verdicts == {(kind, answer) for kind in KINDS for answer in (True, False)}


@pytest.mark.exhaustive
def test_many_random_graphs() -> None:
    for seed in range(10_000, 20_000):
        runs, r = random_runs(seed), Random(seed)
        for kind in KINDS:
            where = [{k for k in range(runs.states) if r.random() < 0.4} for _ in range(2)]
            holds(runs, kind, *where[kind != "leads_to" :])


# ---------------------------------------------------------------- what others got wrong


def test_stuttering_is_a_run() -> None:
    """Nothing need happen where nothing is fair: tla-rs looked at steps alone, and missed it."""
    runs = Runs(2, 1, (Edge(0, 1, "go"),))
    assert not holds(runs, "eventually", {1})
    run = found(runs, "eventually", {1})
    assert run is not None and (run.seed, run.stem, run.loop) == (0, [], [])
    assert holds(Runs(2, 1, runs.edges, weak=frozenset({"go"})), "eventually", {1})


def test_a_stutter_takes_no_action() -> None:
    """A step that changes nothing neither enables an action nor counts as taking it (tla-rs)."""
    edges = (Edge(0, 0, "go"), Edge(0, 1, "go"))
    assert holds(Runs(2, 1, edges, weak=frozenset({"go"})), "eventually", {1})
    alone = (Edge(0, 0, "go"),)
    assert not holds(Runs(1, 1, alone, weak=frozenset({"go"})), "eventually", set())


def test_fairness_is_that_of_the_component_that_is_left() -> None:
    """The component around the violating states takes `back`; the one among them does not.

    tla-rs asked the component around them.
    """
    edges = (Edge(0, 1, "on"), Edge(1, 0, "off"), Edge(1, 2, "back"), Edge(2, 0, "back"))
    runs = Runs(3, 1, edges, weak=frozenset({"on"}), strong=frozenset({"back"}))
    assert holds(runs, "always_eventually", {2})
    weak = Runs(3, 1, edges, weak=frozenset({"back", "on", "off"}))
    assert not holds(weak, "always_eventually", {2})  # `back` is not possible in 0


def test_an_unfair_cycle_is_no_counterexample() -> None:
    """tla-rs reported one."""
    edges = (Edge(0, 1), Edge(1, 0), Edge(0, 2, "out"), Edge(1, 2, "out"))
    assert holds(Runs(3, 1, edges, weak=frozenset({"out"})), "eventually", {2})
    assert not holds(Runs(3, 1, edges), "eventually", {2})


def test_strong_fairness_within_what_is_left_after_removal() -> None:
    """Only a part of the component, without the state that enables `out`, is fair."""
    edges = (Edge(0, 1), Edge(1, 0), Edge(1, 2), Edge(2, 1), Edge(0, 3, "out"))
    runs = Runs(4, 1, edges, strong=frozenset({"out"}))
    run = found(runs, "eventually", {3})
    assert run is not None and not holds(runs, "eventually", {3})
    tight = (Edge(0, 1), Edge(1, 0), Edge(0, 2, "out"), Edge(1, 2, "out"))
    assert holds(Runs(3, 1, tight, strong=frozenset({"out"})), "eventually", {2})


def test_two_strong_units_removed_one_after_the_other() -> None:
    """Removing the states of one unit divides the rest, where another becomes unfair."""
    edges = (
        *(Edge(0, 1), Edge(1, 2), Edge(2, 0), Edge(1, 0)),
        *(Edge(2, 3, "a"), Edge(1, 3, "b"), Edge(0, 3, "c")),
    )
    every = frozenset({"a", "b", "c"})
    assert holds(Runs(4, 1, edges, strong=every), "eventually", {3})
    assert not holds(Runs(4, 1, edges, strong=every - {"c"}), "eventually", {3})


def test_joins_are_not_missed() -> None:
    """State 3 is reached on two paths, with the predicate true on one of them only (Stateright)."""
    edges = (Edge(0, 1), Edge(0, 2), Edge(1, 3), Edge(2, 3))
    every = frozenset({"step"})
    runs = Runs(4, 1, tuple(Edge(e.source, e.target, "step") for e in edges), weak=every)
    assert not holds(runs, "eventually", {1})
    assert holds(runs, "eventually", {1, 2})
    assert holds(runs, "eventually", {3})


def test_cycles_are_not_missed() -> None:
    """A cycle back to a state that was visited before, and left again (Stateright)."""
    edges = tuple(Edge(a, b, "step") for a, b in ((0, 1), (1, 2), (2, 1), (2, 3)))
    runs = Runs(4, 1, edges, weak=frozenset({"step"}))
    assert not holds(runs, "eventually", {3})
    assert not holds(runs, "leads_to", {1}, {3})


def test_the_cycle_is_made_of_real_edges() -> None:
    """A component of two rings that share a state: the run goes round one of them, or both.

    tla-rs printed the component, with edges that do not exist.
    """
    rings = ((0, 1), (1, 2), (2, 0), (0, 3), (3, 4), (4, 0))
    edges = tuple(Edge(a, b, "left" if a < 3 and b < 3 else "right") for a, b in rings)
    runs = Runs(5, 1, edges, strong=frozenset({"left", "right"}))
    run = found(runs, "eventually", set())
    assert run is not None and len(run.loop) == 6  # fair to both: no shorter one is


def test_always_eventually_and_eventually_always_differ() -> None:
    edges = (Edge(0, 1, "step"), Edge(1, 0, "step"))
    runs = Runs(2, 1, edges, weak=frozenset({"step"}))
    assert holds(runs, "always_eventually", {1})
    assert not holds(runs, "eventually_always", {1})


def test_a_predicate_and_its_opposite_do_not_both_stay_true() -> None:
    """There is always a fair run, and it cannot have both: FizzBee accepted it (issue 212)."""
    for seed in range(20):
        runs, r = random_runs(seed), Random(seed)
        where = {k for k in range(runs.states) if r.random() < 0.5}
        others = set(range(runs.states)) - where
        assert not holds(runs, "eventually_always", where) or not holds(
            runs, "eventually_always", others
        )


def test_leads_to_is_about_what_comes_after_the_premise() -> None:
    """The conclusion before the premise does not count; at the same time it does."""
    edges = (Edge(0, 1, "step"), Edge(1, 2, "step"))
    runs = Runs(3, 1, edges, weak=frozenset({"step"}))
    assert not holds(runs, "leads_to", {2}, {1})
    assert holds(runs, "leads_to", {1}, {1})
    assert holds(runs, "leads_to", {0}, {2})


def test_the_stem_is_shortest() -> None:
    """TLC's is not, and its users ask for it (issue 710)."""
    edges = tuple(Edge(a, b) for a, b in ((0, 1), (0, 2), (1, 3), (2, 3), (3, 4), (4, 3)))
    fair = tuple(Edge(e.source, e.target, f"u{i}") for i, e in enumerate(edges))
    runs = Runs(5, 1, fair, weak=frozenset(f"u{i}" for i in range(6)))
    run = found(runs, "always_eventually", {0, 1, 2})
    assert run is not None and (len(run.stem), len(run.loop)) == (0, 2) and run.seed == 3


def test_the_stem_does_not_lead_past_another_seed() -> None:
    """States 2 and 3 are as near as each other, and a run may begin to violate in both."""
    edges = (Edge(0, 1), Edge(0, 2), Edge(0, 3), Edge(2, 3, "a"), Edge(1, 0, "a"))
    runs = Runs(4, 1, edges, strong=frozenset({"a"}))
    run = found(runs, "always_eventually", {0})
    assert run is not None and (run.seed, run.stem, run.loop) == (3, [], [])
