"""Proofs of bundled protocols that are kept between runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from quorate.checker.prove.unbounded import Proof, ProofStatus
from quorate.checker.rendering.output import Output
from quorate.checker.rendering.verification import show_row
from quorate.checker.verify import kept_proof
from quorate.checker.verify.kept_proof import proof_of, prove_without_refuting
from quorate.model.proofs import ProvedTwoPhaseCommit as Proved

Finds = Callable[[Proof], None]


@pytest.fixture(scope="module")
def proof() -> Proof:
    return prove_without_refuting(Proved)


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch) -> Finds:
    """Say what the prover finds from now on."""
    return lambda found: monkeypatch.setattr(kept_proof, "prove_without_refuting", lambda _: found)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUORATE_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("cache")
def test_a_proof_is_kept_and_says_so(
    proof: Proof,
    finds: Finds,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    finds(proof)
    assert proof.proved and not proof.kept and proof_of(Proved) == proof
    assert proof_of(Proved) == replace(proof, kept=True)
    for found in (proof, proof_of(Proved)):
        show_row(Output(), Proved, found)
    fresh, kept = capsys.readouterr().out.splitlines()
    assert "kept" not in fresh
    assert kept == fresh.replace("obligations)", "obligations; kept from an earlier run)")
    monkeypatch.setattr(kept_proof, "quorate", lambda: "other code")
    assert not proof_of(Proved).kept


def test_only_what_is_proved_is_kept(proof: Proof, finds: Finds, cache: Path) -> None:
    first, *others = proof.invariants
    unproved = replace(proof, invariants=(replace(first, status=ProofStatus.OPEN), *others))
    finds(unproved)
    assert proof_of(Proved) == unproved
    assert list(cache.iterdir()) == []


def test_what_is_damaged_counts_as_absent(proof: Proof, finds: Finds, cache: Path) -> None:
    finds(proof)
    proof_of(Proved)
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert not proof_of(Proved).kept and proof_of(Proved).kept
