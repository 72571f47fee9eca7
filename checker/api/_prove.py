"""`quorate.prove` and `quorate.find_invariants`: for any number of elements of every sort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quorate.checker.explore.claims import claimed_of_runs, nothing_claimed
from quorate.checker.prove.unbounded import (
    Proof,
    ProofStatus,
    UnsupportedError,
    prove_unbounded,
    write_smt2,
)
from quorate.checker.prove.unbounded.cvc5_prover import require_cvc5
from quorate.checker.rendering import lemmas, proof
from quorate.checker.rendering.cases.proofs import of_proof
from quorate.checker.rendering.output import Output
from quorate.checker.rendering.words import without_constraints
from quorate.checker.reports.cases import Suite
from quorate.checker.synthesis import SynthesisResult, SynthesisStatus
from quorate.checker.synthesis import find_invariants as synthesise
from quorate.model.language import Protocol
from quorate.traces import Trace

from ._check import Report, loaded
from .results import Result
from .searches import Folder

NO_INITIAL = "nothing is claimed: there is no initial state, no choice of @init is possible"


@dataclass(frozen=True, repr=False)
class ProofResult(Result):
    """What was proved. `proof` has every obligation; it is None if nothing is claimed.

    `unproved_runs` are the properties of runs, which a proof says nothing about; none if only some
    invariants were asked for.
    """

    protocol: type[Protocol]
    proof: Proof | None
    warnings: tuple[str, ...] = ()
    unproved_runs: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return self.proof is not None and self.proof.proved

    @property
    def violation(self) -> str | None:
        if self.proof is None or self.proof.status not in (
            ProofStatus.VIOLATED,
            ProofStatus.UNDEFINED,
        ):
            return None
        wrong = [i for i in self.proof.invariants if i.status is self.proof.status]
        return "; ".join(map(proof.line_of, wrong)) or "two quorums that must meet do not"

    @property
    def trace(self) -> Trace | None:
        """A run to the violation. Counterexamples to induction are in `proof.invariants`."""
        if self.proof is None:
            return None
        violated = (i for i in self.proof.invariants if i.status is ProofStatus.VIOLATED)
        return next((i.trace for i in violated if i.trace is not None), None)

    @property
    def suites(self) -> tuple[Suite, ...]:
        name = self.protocol.__name__
        if self.proof is None:
            return (Suite(name, ()),)
        return (Suite(name, of_proof(self.protocol, self.proof), self.proof.seconds),)

    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        runs = {"unproved_runs": list(self.unproved_runs)}
        if self.proof is None:
            return proof.nothing_as_json(self.protocol, list(self.warnings)) | runs
        return proof.as_json(self.protocol, self.proof) | runs

    def show(self, out: Output) -> None:
        self.report(out, core=False)

    def report(self, out: Output, core: bool) -> None:
        """The result; with `core`, the hypotheses that each obligation needs."""
        if self.proof is not None:
            proof.report(out, self.proof, core)
            if names := self.protocol.methods("constraint"):
                out.line(without_constraints(names))
        for warning in self.warnings:
            out.line(warning, "warn")
        if self.unproved_runs:
            out.line(proof.unproved_line(self.protocol, self.unproved_runs), "warn")


@dataclass(frozen=True, repr=False)
class InvariantsResult(Result):
    """What a search for lemmas found. `lemmas` are text to paste into the class."""

    protocol: type[Protocol]
    synthesis: SynthesisResult | None
    warnings: tuple[str, ...] = ()

    @property
    def lemmas(self) -> dict[str, str]:
        """The lemmas by name, as Python."""
        return {} if self.synthesis is None else dict(self.synthesis.lemmas)

    @property
    def holds(self) -> bool:
        return self.synthesis is not None and self.synthesis.status is SynthesisStatus.PROVED

    @property
    def violation(self) -> str | None:
        found = self.synthesis
        if found is None or found.status is not SynthesisStatus.VIOLATED:
            return None
        return f"{found.broken} is violated by a run at {found.sizes}"

    @property
    def trace(self) -> Trace | None:
        return self.synthesis.trace if self.synthesis and self.violation else None

    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        if self.synthesis is None:
            return proof.nothing_as_json(self.protocol, list(self.warnings))
        return lemmas.as_json(self.protocol, self.synthesis)

    def show(self, out: Output) -> None:
        if self.synthesis is not None:
            lemmas.report(out, self.synthesis)
        for warning in self.warnings:
            out.line(warning, "warn")


def prove(
    protocol: type[Protocol] | str,
    *,
    invariants: Sequence[str] | None = None,
    effort: float | None = None,
    seed: int = 0,
    refute: bool = True,
    core: bool = False,
    cvc5: bool = False,
    smt2: Folder | None = None,
    report: Report | None = None,
) -> ProofResult:
    """Prove the invariants for any number of elements of every sort.

    `invariants` are the ones to prove, and the only hypotheses; by default all. `effort` limits a
    prover on each obligation: 1 is about a second on an idle machine; by default 10, or 0.5 if
    quorums that must meet are known not to, so that the proof is open whatever follows. If an
    invariant is not proved, a counterexample is searched for at small sizes, unless `refute` is
    False. `core` minimizes the sets of hypotheses used. With `cvc5`, cvc5 is asked what Z3
    leaves open, and whether it agrees with the rest. Every obligation is written to the folder
    `smt2`, if given. Raises ModelError, InputError.
    """
    target = loaded(protocol)
    runs = tuple(claimed_of_runs(target, None)) if invariants is None else ()
    if nothing := nothing_claimed(target):
        return ProofResult(target, None, tuple(nothing), runs)
    if cvc5:
        require_cvc5()
    if smt2 is not None:
        _write(target, Path(smt2), invariants)
    found = prove_unbounded(
        target,
        seed=seed,
        effort=effort,
        invariants=invariants,
        refute=refute,
        shrink=core,
        cvc5=cvc5,
        report=report,
    )
    if found.vacuous:
        return ProofResult(target, None, (NO_INITIAL,), runs)
    return ProofResult(target, found, unproved_runs=runs)


def _write(target: type[Protocol], folder: Path, invariants: Sequence[str] | None) -> None:
    try:
        write_smt2(target, folder, invariants)
    except UnsupportedError:
        return  # the proof says so


def find_invariants(
    protocol: type[Protocol] | str,
    goals: Sequence[str] | None = None,
    *,
    keep: bool = False,
    effort: float = 600.0,
    report: Report | None = None,
) -> InvariantsResult:
    """Look for lemmas that prove `goals` (by default agreement) for any number of elements.

    With `keep`, the protocol's other invariants are lemmas from the start. `effort` bounds the
    search by the work done: 1 is about a second on an idle machine. Raises ModelError, InputError.
    """
    target = loaded(protocol)
    if nothing := nothing_claimed(target):
        return InvariantsResult(target, None, tuple(nothing))
    found = synthesise(target, goals, keep=keep, effort=effort, report=report)
    return InvariantsResult(target, found)
