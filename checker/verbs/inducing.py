"""`quorate check --induction K`: what holds in every reachable state, without exploring."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quorate.checker.cli import INCONCLUSIVE, VIOLATED
from quorate.checker.explore.claims import nothing_claimed
from quorate.checker.explore.result import NO_STATE
from quorate.checker.load import name_of
from quorate.checker.prove.finite import (
    BoundedOutcome,
    Induced,
    KInduction,
    Verdict,
    k_inductive,
)
from quorate.checker.prove.finite import Path as FromAnywhere
from quorate.checker.report.console import Output, count, progress, seconds
from quorate.checker.report.document import envelope, run_json
from quorate.checker.report.saving import save_trace
from quorate.checker.report.traces import make_trace
from quorate.model.language import Protocol, Sizes
from quorate.model.language.run import Machine
from quorate.traces import Trace

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

    def run(self) -> int:
        """Induce, report, write; returns the exit code."""
        if not self.as_json:
            self.out.title(f"{self.target.__name__}  {self.bounds}")
        with progress(lambda d: f"k = {d.depth}: not all carry on, {seconds(d.seconds)}") as say:
            found = k_inductive(self.target, self.bounds, self.most, self.claims, say)
        self.warned = self._warnings()
        run = self._run(found)
        if run is not None and self.trace is not None:
            save_trace(run, self.trace)
        proved = INCONCLUSIVE if self.warned and self.strict else 0
        codes = {Verdict.PROVED: proved, Verdict.REFUTED: VIOLATED}
        code = codes.get(found.verdict, INCONCLUSIVE)
        if self.as_json:
            self.out.document(envelope("check", code, self._json(found, run)))
        else:
            self._report(found, run)
        return code

    def _warnings(self) -> list[str]:
        """Why a proof may be of nothing."""
        with self.bounds:
            starts = Machine(self.target, self.bounds).initial()
        return [*nothing_claimed(self.target), *([] if starts else [NO_STATE])]

    def _run(self, found: KInduction) -> Trace | None:
        """The run that violates, if the first steps have one."""
        base = found.base
        if base.violated is None or base.initial is None:
            return None
        name = name_of(self.target)
        return make_trace(self.target, name, self.bounds, base.initial, base.path, base.violated)

    # ------------------------------------------------------------ for people

    def _report(self, found: KInduction, run: Trace | None) -> None:
        out, base = self.out, found.base
        mark = "" if self.warned else "ok"  # of nothing, nothing holds
        if run is not None:
            steps = count(base.depth, "step")
            out.line(f"{base.violated} is violated: {steps}, {seconds(found.seconds)}", "bad")
            out.line()
            out.table(run)
            out.line()
            out.diagram(run)
            if self.trace is not None:
                out.line(f"trace written to {self.trace}")
            return
        if base.depth >= 0:
            out.line(f"no run of at most {count(base.depth, 'step')} violates an invariant", mark)
        for induced in found.induced:
            self._line(induced, mark)
        for induced in found.induced:
            if induced.path is not None:
                self._path(induced)
        if found.verdict is not Verdict.PROVED:
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
        self.out.table(self._trace(i, i.path))
        if i.path.wrong != i.invariant:
            self.out.line(i.path.wrong, "bad")
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
            "verdict": self._verdict(found.verdict),
            "most": found.most,
            "seconds": round(found.seconds, 4),
            "violated": base.violated,
            "steps": len(base.path) if base.outcome is BoundedOutcome.VIOLATED else None,
            "no_violation_within": base.depth if base.violated is None else base.depth - 1,
            "invariants": [self._induced(i) for i in found.induced],
            "warnings": self.warned,
            "trace": str(self.trace) if self.trace is not None and base.violated else None,
            "run": run_json(run, self.trace) if run is not None else None,
        }

    def _verdict(self, verdict: Verdict) -> str:
        if verdict is Verdict.PROVED and self.warned:
            return "nothing claimed"
        return "violated" if verdict is Verdict.REFUTED else verdict.value

    def _induced(self, i: Induced) -> dict[str, Any]:
        path = run_json(self._trace(i, i.path)) if i.path is not None else None
        return {"invariant": i.invariant, "k": i.k, "given": list(i.given), "run": path}
