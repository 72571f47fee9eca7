"""`quorate.refine`: every step of one protocol as a step of a simpler one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, overload

from quorate.checker.errors import InputError
from quorate.checker.refine.explored import RefinementCheck, RefinementStatus, check_refinement
from quorate.checker.refine.finding import chain
from quorate.checker.refine.proof import RefinementProof, prove_refinement
from quorate.checker.rendering import refinement, refinement_proof
from quorate.checker.rendering.cases.refinements import of_refinement
from quorate.checker.rendering.output import Output
from quorate.checker.reports.cases import Suite
from quorate.checker.tracing.build import explained
from quorate.checker.tracing.explaining import Explaining
from quorate.model.language import Protocol, Sizes
from quorate.model.language.declare.sizing import sized_sorts
from quorate.model.refinements import Refinement
from quorate.traces import Trace

from ._check import Report, loaded
from .results import Result

UNTRIED = "no proof was tried: that takes a check with steps, to its end"


@dataclass(frozen=True)
class CheckedRefinement:
    """One refinement: its check, the run to the failure, and its proof if one was requested.

    `untried` says that a proof was requested, but the check gave nothing to start it from.
    """

    check: RefinementCheck
    run: Trace | None
    proof: RefinementProof | None = None
    untried: bool = False

    @property
    def holds(self) -> bool:
        """Whether it was shown, and proved if that was requested. False if nothing was compared."""
        refines = self.check.status is RefinementStatus.REFINES and self.check.nothing is None
        return refines and not self.open

    @property
    def open(self) -> bool:
        """Whether a proof was requested and there is none."""
        return self.untried or (self.proof is not None and not self.proof.proved)

    def report_proof(self, out: Output) -> None:
        """The result of the proof, if one was requested."""
        if self.untried:
            out.line(UNTRIED, "warn")
        elif self.proof is not None:
            refinement_proof.report(out, self.proof, self.check)


@dataclass(frozen=True, repr=False)
class RefinementResult(Result):
    """The results of several refinements in turn; after one that fails, no other is checked.

    `notes` say which parts of the explanation could not be computed.
    """

    refinements: tuple[CheckedRefinement, ...]
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return all(r.holds for r in self.refinements)

    @property
    def violation(self) -> str | None:
        lines = (refinement.finding_line(r.check) for r in self.refinements)
        return next((line for line in lines if line is not None), None)

    @property
    def trace(self) -> Trace | None:
        return next((r.run for r in self.refinements if r.run is not None), None)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why a pass may mean less than it seems."""
        return tuple(w for r in self.refinements for w in r.check.warnings())

    @property
    def suites(self) -> tuple[Suite, ...]:
        return tuple(
            Suite(
                r.check.refinement.concrete.__name__,
                (of_refinement(r.check, r.run, r.open),),
                r.check.seconds,
            )
            for r in self.refinements
        )

    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        return {
            "refinements": [refinement.as_json(r.check, r.run, r.proof) for r in self.refinements],
            "trace": str(written) if written is not None else None,
        }

    def show(self, out: Output) -> None:
        for r in self.refinements:
            refinement.report(out, r.check, r.run)
            r.report_proof(out)
        for note in self.notes:
            out.line(note, "warn")


@overload
def refine(
    concrete: type[Protocol] | str,
    abstract: type[Protocol] | str | None = None,
    *,
    sizes: Mapping[str, int] | None = None,
    faults: Mapping[str, int] | None = None,
    prove: bool = False,
    memory: int | None = None,
    limit: int | None = None,
    report: Report | None = None,
) -> RefinementResult: ...


@overload
def refine(
    concrete: Refinement,
    *,
    sizes: Mapping[str, int] | None = None,
    faults: Mapping[str, int] | None = None,
    prove: bool = False,
    memory: int | None = None,
    limit: int | None = None,
    report: Report | None = None,
) -> RefinementResult: ...


def refine(
    concrete: type[Protocol] | str | Refinement,
    abstract: type[Protocol] | str | None = None,
    *,
    sizes: Mapping[str, int] | None = None,
    faults: Mapping[str, int] | None = None,
    prove: bool = False,
    memory: int | None = None,
    limit: int | None = None,
    report: Report | None = None,
) -> RefinementResult:
    """Check that every reachable step of a protocol maps to a step, or none, of a simpler one.

    The bundled refinements that lead from `concrete` to `abstract` are checked; without `abstract`,
    all from `concrete` on. Instead, `concrete` may be a `Refinement` of your own, which names both
    protocols and has a mapping. `sizes` and `faults` are those of the concrete protocol. The search
    stops when its states take more than `memory` bytes, or after `limit` states. With `prove`, what
    holds is then proved for any number of elements. `report` is called from time to time with the
    progress of the search.

    Raises ModelError, SizeError, InputError; StepError if a mapping is undefined.
    """
    if isinstance(sizes, Sizes):
        raise InputError("several protocols take their sizes here: give them by name")
    checking = Refining(links_of(concrete, abstract), sizes or {}, faults or {}, memory, limit)
    for link in checking.pending():
        checking.check(link, report)
        if prove:
            checking.prove(link)
    return checking.result()


def links_of(
    concrete: type[Protocol] | str | Refinement, abstract: type[Protocol] | str | None
) -> list[Refinement]:
    """The refinements that the arguments stand for. Raises InputError, ModelError."""
    if not isinstance(concrete, Refinement):
        return chain(loaded(concrete), None if abstract is None else loaded(abstract))
    if abstract is not None:
        raise InputError(f"{concrete}: a refinement has its abstract protocol: name no other")
    return [concrete]


def sorts_of(link: Refinement) -> set[str]:
    """The names of the sorts that may be given a size."""
    return {*sized_sorts(link.concrete), *sized_sorts(link.abstract)}


@dataclass
class Refining:
    """Several refinements, checked one after the other, with the same sizes.

    `sizes` and `faults` are those of the first concrete protocol.
    """

    links: list[Refinement]
    sizes: Mapping[str, int]
    faults: Mapping[str, int]
    memory: int | None = None
    limit: int | None = None
    done: list[CheckedRefinement] = field(default_factory=list)
    failed: set[type[Protocol]] = field(default_factory=set)
    explaining: Explaining = field(default_factory=Explaining)

    def pending(self) -> Iterator[Refinement]:
        """The refinements still to be checked: none after one that fails."""
        for link in self.links:
            if link.concrete in self.failed:
                self.failed.add(link.abstract)
            else:
                yield link

    def check(self, link: Refinement, report: Report | None = None) -> CheckedRefinement:
        """Check one refinement, and explain its failure, if any."""
        if self.done:  # the first check has reported unknown names
            self.sizes = {n: size for n, size in self.sizes.items() if n in sorts_of(link)}
        first = link.concrete is self.links[0].concrete
        found = check_refinement(
            link,
            self.sizes,
            self.faults if first else None,
            memory=self.memory,
            limit=self.limit,
            report=report,
        )
        self.sizes = {**self.sizes, **found.abstract_sizes}
        if found.status in (RefinementStatus.FAILS, RefinementStatus.UNDEFINED):
            self.failed.add(link.abstract)
        self.done.append(CheckedRefinement(found, self._run(found)))
        return self.done[-1]

    def prove(self, link: Refinement) -> CheckedRefinement:
        """Prove the refinement checked last, unless it failed or nothing was compared."""
        checked = self.done[-1]
        found = checked.check
        if found.status is RefinementStatus.FAILS:
            return checked
        if found.status is RefinementStatus.INCONCLUSIVE or found.nothing is not None:
            checked = replace(checked, untried=True)
        else:
            sizes = {**found.abstract_sizes, **found.sizes, **self.sizes}
            checked = replace(checked, proof=prove_refinement(link, sizes))
        self.done[-1] = checked
        return checked

    def result(self) -> RefinementResult:
        """The results so far."""
        return RefinementResult(tuple(self.done), tuple(self.explaining.notes))

    def _run(self, found: RefinementCheck) -> Trace | None:
        """The run to the step that fails, or is undefined, if one was found."""
        if found.failure is not None:
            return found.failure.trace
        if found.image is not None:
            return found.image.trace
        if found.undefined is None:
            return None
        return explained(found.refinement.concrete, found.sizes, found.undefined, self.explaining)
