"""`quorate check --induction K`: what holds in every reachable state, without exploring."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quorate.checker.explore.claims import nothing_claimed
from quorate.checker.loading import name_of
from quorate.checker.prove.bounded import (
    BoundedOutcome,
    Induced,
    KInduction,
    ObligationStatus,
    k_inductive,
)
from quorate.checker.prove.bounded import PathToViolation as FromAnywhere
from quorate.checker.tracing.build import make_trace
from quorate.checker.tracing.explaining import Explaining
from quorate.model.language import Protocol, Sizes
from quorate.traces import Trace

from .console import Output, count, progress, seconds
from .document import envelope, run_json
from .findings import kept, show_found, undefined_line, unwritten, without_start
from .main import INCONCLUSIVE, MODEL, VIOLATED
from .steps import show_step

SENSE = "every step makes sense"


@dataclass
class Induction:
    """One check by induction; `most` is the largest k to try."""

    target: type[Protocol]
    bounds: Sizes
    most: int
    claims: list[str]
    trace: Path | None
    strict: bool
    as_json: bool
    out: Output
    written: Path | None = field(init=False, default=None)

    def run(self) -> int:
        """Induce, report, write; returns the exit code."""
        if not self.as_json:
            self.out.title(f"{self.target.__name__}  {self.bounds}")
        with progress(lambda d: f"k = {d.depth}: not all carry on, {seconds(d.seconds)}") as say:
            found = k_inductive(self.target, self.bounds, self.most, self.claims, say)
        explaining = Explaining()
        run = explaining.part("the trace", lambda: self._run(found), None)
        self.written = kept(run, self.trace, explaining)
        self.warned = [] if found.base.initial is not None else self._warnings()
        code = _exit_code(found, bool(self.warned) and self.strict)
        if self.as_json:
            self.out.document(envelope("check", code, self._json(found, run)))
        else:
            self._report(found, run)
            for line in unwritten(run, self.trace):
                self.out.line(line)
            for note in explaining.notes:
                self.out.line(note, "warn")
        return code

    def _warnings(self) -> list[str]:
        """Why a proof may be of nothing."""
        return [*nothing_claimed(self.target), *without_start(self.target, self.bounds)]

    def _run(self, found: KInduction) -> Trace | None:
        """The run to what is violated or undefined, if the first steps have one."""
        base = found.base
        if base.initial is None:
            return None
        return make_trace(
            self.target, name_of(self.target), self.bounds,
            base.initial, base.path, base.violated, base.undefined,
        )  # fmt: skip

    # ------------------------------------------------------------ for people

    def _report(self, found: KInduction, run: Trace | None) -> None:
        out, base = self.out, found.base
        mark = "" if self.warned else "ok"  # of nothing, nothing holds
        if base.initial is not None:
            what = f"{base.violated} is violated"
            if base.undefined is not None:
                what = undefined_line(base.undefined, len(base.path))
            out.line(f"{what}: {count(base.depth, 'step')}, {seconds(found.seconds)}", "bad")
            show_found(out, run, base.path)
            if self.written is not None:
                out.line(f"trace written to {self.written}")
            return
        if base.depth >= 0:
            out.line(f"no run of at most {count(base.depth, 'step')} violates an invariant", mark)
        for induced in found.induced:
            self._line(induced, mark)
        for induced in found.induced:
            if induced.path is not None:
                self._path(induced)
        if found.status is not ObligationStatus.PROVED:
            out.line(f"not k-inductive up to k = {found.most} ({seconds(found.seconds)})", "warn")
        elif not self.warned:
            out.line(
                f"k-inductive: {count(len(base.invariants), 'invariant')} "
                f"{'holds' if len(base.invariants) == 1 else 'hold'} in every reachable state at "
                f"these sizes, without exploring ({seconds(found.seconds)})",
                "ok",
            )
        for warning in self.warned:
            out.line(warning, "warn")

    def _line(self, i: Induced, mark: str) -> None:
        name = i.invariant or SENSE
        if i.k is not None:
            self.out.line(f"{name}: holds in every reachable state (k = {i.k})", mark)
        elif i.path is not None:
            self.out.line(f"{name}: not k-inductive up to k = {len(i.path.moves)}", "warn")
        else:
            self.out.line(f"{name}: not known", "warn")

    def _path(self, i: Induced) -> None:
        assert i.path is not None
        given = ", ".join(g or SENSE for g in i.given)
        steps = count(len(i.path.moves), "step")
        self.out.line()
        self.out.title(f"{i.invariant or SENSE}: {steps} to where it does not hold")
        self.out.line(f"from a state that need not be reachable; before the last one hold {given}")
        show_step(self.out, self._trace(i, i.path))
        if i.path.wrong != i.invariant:
            self.out.line(i.path.wrong, "warn")
        self.out.line()

    def _trace(self, i: Induced, path: FromAnywhere) -> Trace:
        name = name_of(self.target)
        return make_trace(self.target, name, self.bounds, path.state, path.moves, i.invariant)

    # ------------------------------------------------------------ for programs

    def _json(self, found: KInduction, run: Trace | None) -> dict[str, Any]:
        base = found.base
        return {
            "protocol": name_of(self.target),
            "sizes": dict(self.bounds),
            "faults": self.bounds.faults,
            "verdict": self._verdict(found),
            "most": found.most,
            "seconds": round(found.seconds, 4),
            "violated": base.violated,
            "steps": base.depth if base.initial is not None else None,
            "no_violation_within": base.depth if base.initial is None else base.depth - 1,
            "invariants": [self._induced(i) for i in found.induced],
            "warnings": self.warned,
            "trace": str(self.written) if self.written is not None else None,
            "run": run_json(run, self.written) if run is not None else None,
        }

    def _verdict(self, found: KInduction) -> str:
        if found.status is ObligationStatus.PROVED and self.warned:
            return "nothing claimed"
        if found.base.initial is not None:
            return found.base.outcome.value
        return found.status.value

    def _induced(self, i: Induced) -> dict[str, Any]:
        path = run_json(self._trace(i, i.path)) if i.path is not None else None
        return {"invariant": i.invariant, "k": i.k, "given": list(i.given), "run": path}


def _exit_code(found: KInduction, warned: bool) -> int:
    if found.base.outcome is BoundedOutcome.UNDEFINED:
        return MODEL
    proved = INCONCLUSIVE if warned else 0
    return {ObligationStatus.PROVED: proved, ObligationStatus.REFUTED: VIOLATED}.get(
        found.status, INCONCLUSIVE
    )
