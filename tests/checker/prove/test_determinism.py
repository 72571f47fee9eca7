"""Counterexamples depend on the question alone: not on hashes, nor on what was asked before."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import z3

from quorate.checker.prove.bounded import bounded, inductive
from quorate.checker.prove.quorums import prove_pair
from quorate.checker.synthesis.induction import InductionChecker
from quorate.checker.synthesis.instance import SampledInstance
from quorate.model.language.interpreter import State

from .variants import DisjointQuorums, Half, TwoAcceptsInABallot

SIZES = {"Acceptor": 3, "Ballot": 2, "Value": 2}


def answers() -> list[str]:
    """A run, steps and quorums that the solvers choose."""
    sizes = TwoAcceptsInABallot.sized(Acceptor=3, Ballot=1, Value=2)
    with sizes:
        instance = SampledInstance(TwoAcceptsInABallot, sizes)
        ground = instance.ground
        instance.states = np.array([ground.packing.pack(s) for s in ground.initial()])
        checker = InductionChecker(instance)
        (agreement,) = ground.description.invariants
        checker.add("agreement", agreement.body)
        synthesis = [(s.action, s.before.tolist()) for s in checker.steps("agreement", [], 3)]
    run = bounded(DisjointQuorums, DisjointQuorums.sized(**SIZES), 6)
    steps = inductive(TwoAcceptsInABallot, sizes, shrinking=0.05)
    quorums = prove_pair(Half, Half, 5)
    return [
        repr([(move.action, move.arguments) for move in run.path]),
        repr([told(o.counterexample.state) for o in steps.obligations if o.counterexample]),
        repr([q.counterexample for q in quorums]),
        repr(synthesis),
    ]


def told(state: State) -> list[str]:
    """A state as text, sets in the order of their elements' texts."""
    return [repr(sorted(map(repr, x)) if isinstance(x, frozenset) else x) for x in state]


@pytest.mark.parametrize("seeds", ["0", pytest.param("123", marks=pytest.mark.exhaustive)])
def test_the_same_whatever_the_hashes_and_after_other_questions(seeds: str) -> None:
    code = f"from {__name__} import answers; print(answers())"
    inductive(DisjointQuorums, DisjointQuorums.sized(Acceptor=2, Ballot=2, Value=1), shrinking=0.05)
    x, y = z3.Ints("x y")
    assert z3.Solver().check(z3.Or(x > y, z3.FreshInt() == x)) == z3.sat
    expected = answers()
    for seed in seeds:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == f"{expected}\n"
