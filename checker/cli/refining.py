"""The work of `quorate refine`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quorate.checker.loading import name_of
from quorate.checker.refine.abstract import Attempt, Difference
from quorate.checker.refine.explored import (
    RefinementCheck,
    RefinementFailure,
    RefinementStatus,
    check_refinement,
)
from quorate.checker.refine.finding import chain, named, own
from quorate.checker.refine.proof import RefinementProof, prove_refinement
from quorate.checker.rendering.document import envelope, run_json
from quorate.checker.rendering.output import Output
from quorate.checker.rendering.runs import show_found, undefined_line
from quorate.checker.rendering.words import count, seconds
from quorate.checker.tracing.build import explained
from quorate.checker.tracing.explaining import Explaining
from quorate.checker.tracing.saving import kept
from quorate.model.language import Protocol, QuorumSystem
from quorate.model.refinements import Refinement
from quorate.traces import Absent, Trace, show

from .console import print_document, progress, progress_line
from .exit_codes import INCONCLUSIVE, MODEL, VIOLATED
from .files import writable
from .options import merged, with_defaults
from .simulating import proof_as_json, report_proof

Link = tuple[type[Protocol], type[Protocol]]


@dataclass
class Refine:
    """One run of the verb; the fields are its options."""

    concrete: str
    abstract: str | None
    sizes: tuple[dict[str, int], ...]
    faults: tuple[dict[str, int], ...]
    mapping: str | None
    prove: bool
    memory: int | None
    limit: int | None
    trace: Path | None
    strict: bool
    as_json: bool
    proofs: dict[Link, RefinementProof] = field(default_factory=dict)
    untried: bool = False  # whether a proof was wanted and there was nothing to begin it with

    def run(self) -> int:
        """Check one refinement after the other; returns the exit code."""
        concrete = named(self.concrete)
        abstract = named(self.abstract) if self.abstract is not None else None
        if self.mapping is not None:
            links = [own(self.mapping, concrete, abstract)]
        else:
            links = chain(concrete, abstract)
        writable(self.trace)
        out = Output()
        done = self._check(links, out)
        explaining = Explaining()
        runs = [run for r in done if (run := _run_of(r, explaining)) is not None]
        written = kept(runs[0], self.trace, explaining) if runs else None
        code = self._exit_code(done)
        if self.as_json:
            print_document(envelope("refine", code, as_json(done, written, self.proofs)))
        elif written is not None:
            out.line(f"trace written to {written}")
        for note in explaining.notes if not self.as_json else ():
            out.line(note, "warn")
        return code

    def _exit_code(self, done: list[RefinementCheck]) -> int:
        if any(r.status is RefinementStatus.FAILS for r in done):
            return VIOLATED
        if any(r.status is RefinementStatus.UNDEFINED for r in done):
            return MODEL
        warned = self.strict and any(r.warnings() for r in done)
        unsure = any(r.status is RefinementStatus.INCONCLUSIVE for r in done)
        open_ = self.untried or any(not p.proved for p in self.proofs.values())
        return INCONCLUSIVE if warned or unsure or open_ else 0

    def _check(self, links: list[Refinement], out: Output) -> list[RefinementCheck]:
        """Each refinement in turn; beyond a protocol that fails, nothing follows any more."""
        done: list[RefinementCheck] = []
        failed: set[type[Protocol]] = set()
        sizes, faults = self._given(links[0])
        for link in links:
            if link.concrete in failed:
                failed.add(link.abstract)
                continue
            at_start = link.concrete is links[0].concrete
            if done:  # the first has said which names are unknown
                sizes = {n: size for n, size in sizes.items() if n in _sorts(link)}
            with progress(progress_line) as say:
                found = check_refinement(
                    link,
                    sizes,
                    faults if at_start else None,
                    memory=self.memory,
                    limit=self.limit,
                    report=say,
                )
            sizes = {**sizes, **found.abstract_sizes}
            if found.status in (RefinementStatus.FAILS, RefinementStatus.UNDEFINED):
                failed.add(link.abstract)
            done.append(found)
            if not self.as_json:
                report(out, found)
            if self.prove:
                self._prove(link, found, sizes, out)
        return done

    def _prove(
        self, link: Refinement, found: RefinementCheck, sizes: Mapping[str, int], out: Output
    ) -> None:
        if found.status is RefinementStatus.FAILS:
            return
        if found.status is RefinementStatus.INCONCLUSIVE or found.nothing is not None:
            self.untried = True
            if not self.as_json:
                out.line("no proof was tried: that takes a check with steps, to its end", "warn")
            return
        proof = prove_refinement(link, {**found.abstract_sizes, **found.sizes, **sizes})
        self.proofs[link.concrete, link.abstract] = proof
        if not self.as_json:
            report_proof(out, proof, found)

    def _given(self, link: Refinement) -> tuple[dict[str, int], dict[str, int]]:
        """Sizes and faults: those given, and the project's defaults."""
        sizes = with_defaults(merged(self.sizes), "sizes", _sorts(link))
        return sizes, with_defaults(merged(self.faults), "faults", set(link.concrete.budgets()))


def _sorts(link: Refinement) -> set[str]:
    """The names that may be given a size."""
    return {
        name
        for protocol in (link.concrete, link.abstract)
        for name, sort in protocol.sorts().items()
        if not issubclass(sort, QuorumSystem)
    }


# ---------------------------------------------------------------- for people


def report(out: Output, found: RefinementCheck) -> None:
    """What one check found."""
    concrete, abstract = found.refinement.concrete.__name__, found.refinement.abstract.__name__
    size = f"{count(found.states, 'state')}, {count(found.transitions, 'transition')}"
    out.title(f"{concrete} as {abstract}  {found.sizes}")
    match found.status:
        case RefinementStatus.REFINES if found.nothing is not None:
            out.line(f"{size}, {seconds(found.seconds)}")
        case RefinementStatus.REFINES:
            out.line(f"{concrete} refines {abstract}: {size}, {seconds(found.seconds)}", "ok")
        case RefinementStatus.INCONCLUSIVE:
            out.line(f"stopped; every step so far is one of {abstract}: {size}", "warn")
        case RefinementStatus.UNDEFINED:
            assert found.undefined is not None and found.undefined.undefined is not None
            what = undefined_line(found.undefined.undefined, len(found.undefined.path))
            out.line(f"{what}: {size}, {seconds(found.seconds)}", "bad")
            show_found(out, _run_of(found, Explaining()), found.undefined.path)
            return
        case RefinementStatus.FAILS:
            assert found.failure is not None
            _failure(out, found, found.failure)
            return
    _ways(out, found)
    for warning in found.warnings():
        out.line(warning, "warn")


def _run_of(found: RefinementCheck, explaining: Explaining) -> Trace | None:
    """The run to the step that fails, or is undefined, if one was found."""
    if found.failure is not None:
        return found.failure.trace
    if found.undefined is None:
        return None
    return explained(found.refinement.concrete, found.sizes, found.undefined, explaining)


def _ways(out: Output, found: RefinementCheck) -> None:
    """What each concrete action is, abstractly."""
    width = max(map(len, found.readings), default=0)
    for action, readings in found.readings.items():
        shown = [f"{way or 'nothing'} {times:,}" for way, times in sorted(readings.items())]
        out.line(f"{action:<{width}}  → {', '.join(reversed(shown)) or 'never'}", indent=1)


def _failure(out: Output, found: RefinementCheck, failure: RefinementFailure) -> None:
    concrete, abstract = found.refinement.concrete.__name__, found.refinement.abstract.__name__
    steps = len(failure.trace.steps)
    if failure.move is None:
        out.line(f"{concrete} does not refine {abstract}: an initial state is none of it", "bad")
    else:
        arguments = ", ".join(map(repr, failure.move.arguments))
        step = f"step {steps}, {failure.move.action}({arguments})"
        out.line(f"{concrete} does not refine {abstract}: {step}", "bad")
    out.line()
    out.table(failure.trace)
    out.line()
    if failure.move is None:
        out.line(f"where {abstract} starts, and what the mapping gives instead:")
    else:
        out.line(f"read by the mapping, step {steps} does this to the state of {abstract}:")
    if failure.change is not None:
        for line in difference_lines(failure.change):
            out.line(line, indent=1)
    if failure.move is not None:
        most = found.refinement.steps
        within = "step" if most == 1 else f"sequence of {most} steps"
        out.line(f"no {within} of {abstract} does that")
    if failure.nearest is not None:
        _attempt(out, failure.nearest)


def _attempt(out: Output, attempt: Attempt) -> None:
    out.line(f"the nearest is {attempt}:")
    for guard in attempt.guards:
        text = f"line {guard.line}: require({guard.text})"
        out.line(text, "ok" if guard.held else "bad", indent=1)
    if attempt.differs is None:
        out.line("its effects make no sense here", "bad", indent=1)
        return
    lines = difference_lines(attempt.differs, wanted=True)
    for line in lines:
        out.line(line, "bad", indent=1)
    if not lines:
        out.line("its effects are those of the step", "ok", indent=1)


def difference_lines(difference: Difference, wanted: bool = False) -> list[str]:
    """How two states differ, a line each; `wanted`: from what is given to what should be."""
    if not wanted:
        return [
            *map(str, difference.changes),
            *(f"sent: {show(m)}" for m in difference.added),
            *(f"taken back: {show(m)}" for m in difference.removed),
        ]
    return [
        *(f"{c.place} becomes {_side(c.old)}, not {_side(c.new)}" for c in difference.changes),
        *(f"{show(m)} is not sent" for m in difference.added),
        *(f"{show(m)} is sent, but should not be" for m in difference.removed),
    ]


def _side(value: Any) -> str:
    return "absent" if value is Absent.ABSENT else show(value)


# ---------------------------------------------------------------- for programs


def as_json(
    done: list[RefinementCheck], trace: Path | None, proofs: Mapping[Link, RefinementProof]
) -> dict[str, Any]:
    """All checks; those that were proved too, or tried, with their proofs."""
    links = [proofs.get((r.refinement.concrete, r.refinement.abstract)) for r in done]
    return {
        "refinements": [_refined(r, p) for r, p in zip(done, links, strict=True)],
        "trace": str(trace) if trace is not None else None,
    }


def _refined(found: RefinementCheck, proof: RefinementProof | None) -> dict[str, Any]:
    vacuous = found.status is RefinementStatus.REFINES and found.nothing is not None
    undefined = _run_of(found, Explaining()) if found.undefined is not None else None
    return {
        "concrete": name_of(found.refinement.concrete),
        "abstract": name_of(found.refinement.abstract),
        "mapping": getattr(found.refinement.mapping, "__name__", None),
        "sizes": dict(found.sizes),
        "abstract_sizes": dict(found.abstract_sizes),
        "faults": found.sizes.faults,
        "outcome": "nothing compared" if vacuous else found.status.value,
        "states": found.states,
        "transitions": found.transitions,
        "stutters": found.stutters,
        "images": found.images,
        "seconds": round(found.seconds, 4),
        "ways": {a: {w or "nothing": n for w, n in ws.items()} for a, ws in found.readings.items()},
        "taken": dict(found.occurrences),
        "failure": _failed(found.failure) if found.failure is not None else None,
        "undefined": run_json(undefined) if undefined is not None else None,
        "warnings": found.warnings(),
        "proof": proof_as_json(proof) if proof is not None else None,
    }


def _failed(failure: RefinementFailure) -> dict[str, Any]:
    nearest = failure.nearest
    return {
        "step": len(failure.trace.steps),
        "action": failure.move.action if failure.move is not None else None,
        "arguments": [repr(a) for a in failure.move.arguments] if failure.move else [],
        "change": difference_lines(failure.change) if failure.change is not None else [],
        "nearest": None if nearest is None else _nearest(nearest),
        "run": run_json(failure.trace),
    }


def _nearest(attempt: Attempt) -> Mapping[str, Any]:
    return {
        "action": attempt.action,
        "arguments": [repr(a) for a in attempt.arguments],
        "guards": [{"line": g.line, "text": g.text, "held": g.held} for g in attempt.guards],
        "differs": None
        if attempt.differs is None
        else difference_lines(attempt.differs, wanted=True),
    }
