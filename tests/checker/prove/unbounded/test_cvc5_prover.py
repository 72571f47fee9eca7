"""cvc5 as a second prover: it closes what Z3 leaves open, and proves nothing that is false."""

from __future__ import annotations

import sys

import pytest

from quorate.checker.cli.main import run
from quorate.checker.prove.unbounded import Answer, ProofStatus, prove_unbounded
from quorate.checker.prove.unbounded.cvc5_prover import refuted
from quorate.checker.prove.unbounded.queries import Prover, QueryResult
from quorate.model.paxos import Paxos

from ....support.protocols import broken_paxos

pytest.importorskip("cvc5", reason="the extra quorate[cvc5] is not installed")

SQUARE = """
(set-info :status unknown)
(declare-sort A 0)
(declare-fun p (A) Bool)
(assert (forall ((x A)) (p x)))
(declare-fun a () A)
(assert {})
(check-sat)
"""


def test_only_what_is_unsatisfiable_is_refuted() -> None:
    assert refuted(SQUARE.format("(not (p a))"), 5)
    assert not refuted(SQUARE.format("(p a)"), 1)


@pytest.mark.exhaustive
def test_it_agrees_with_z3() -> None:
    proof = prove_unbounded(Paxos, cvc5=True)
    asked = [o for o in proof.obligations if not o.untouched]
    assert proof.status is ProofStatus.PROVED and len(asked) == 20
    assert all(o.confirmed for o in asked if o.prover == "Z3")


def silence_z3(patch: pytest.MonkeyPatch) -> None:
    """Let Z3 leave everything open."""
    silent = QueryResult(Answer.UNKNOWN, (), 1)
    patch.setattr(Prover, "_by_strategies", lambda self, hypotheses, query, hint: silent)


def test_it_closes_what_z3_leaves_open(monkeypatch: pytest.MonkeyPatch) -> None:
    silence_z3(monkeypatch)
    assert prove_unbounded(Paxos, refute=False).status is ProofStatus.OPEN
    proof = prove_unbounded(Paxos, refute=False, cvc5=True, effort=60)
    assert proof.status is ProofStatus.PROVED
    assert {o.prover for o in proof.obligations if not o.untouched} == {"cvc5"}


@pytest.mark.parametrize(
    "protocol",
    [
        broken_paxos.AnyValue,
        pytest.param(broken_paxos.NoPromiseCheck, marks=pytest.mark.exhaustive),
        pytest.param(broken_paxos.NoPhase1, marks=pytest.mark.exhaustive),
    ],
)
def test_it_proves_nothing_false(protocol: type[Paxos], monkeypatch: pytest.MonkeyPatch) -> None:
    silence_z3(monkeypatch)
    proof = prove_unbounded(protocol, cvc5=True, effort=0.02, refute=False)
    assert proof.status is ProofStatus.OPEN
    assert proof.invariant("agreement").status is not ProofStatus.PROVED


def test_without_cvc5(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "cvc5", None)
    assert run(["prove", "Paxos", "--cvc5"]) == 2
    assert "pip install 'quorate[cvc5]'" in capsys.readouterr().err


def test_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    """Also where a variable has the values of an enumeration."""
    assert run(["prove", "ProvedTwoPhaseCommit", "--cvc5"]) == 0
    assert "cvc5 agrees with 30 of 30 proofs" in capsys.readouterr().out
