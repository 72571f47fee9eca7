"""A proof is the same whatever the process did before: text, answer, hypotheses and effort."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import z3

from quorate.checker.prove.unbounded import ProofStatus, prove_unbounded
from quorate.checker.prove.unbounded.obligations import Obligations
from quorate.checker.prove.unbounded.queries import Prover
from quorate.model.language.description import describe
from quorate.model.paxos import Paxos
from quorate.model.two_phase_commit import TwoPhaseCommit

ALONE = "import json, runpy, sys; print(json.dumps(runpy.run_path(sys.argv[1])['asked']()))"


def asked() -> list[Any]:
    """An obligation of Paxos that takes several: its text, what is said of it, and how dear."""
    found = Obligations(describe(Paxos))
    query = found.query("phase2a", "agreement")
    hypotheses = found.assumed(found.invariants)
    prover = Prover(found.signature, seed=0, effort=10.0)
    result = prover.ask(hypotheses, query)
    left = prover.budget.left
    return [prover.smt2(hypotheses, query), result.answer.name, list(result.used), left]


@pytest.mark.exhaustive
def test_other_work_in_the_process_changes_nothing() -> None:
    command = [sys.executable, "-c", ALONE, __file__]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    alone = json.loads(ran.stdout)
    assert (
        prove_unbounded(TwoPhaseCommit, refute=False, effort=0.1).status is not ProofStatus.PROVED
    )
    kept = [z3.FreshConst(z3.DeclareSort("Ballot"), "b") for _ in range(1000)]
    solver = z3.Solver()
    solver.add(z3.Exists(kept[0], kept[0] != kept[1]))
    assert solver.check() == z3.sat
    assert asked() == alone
    assert asked() == alone
    assert alone[1] == "PROVED" and 0 < alone[3] < 10
