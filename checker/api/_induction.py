"""What `quorate.check` returns for k-induction.

It has a module of its own, so that a check that explores loads neither a SAT solver nor Z3.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quorate.checker.liveness.results import Liveness
from quorate.checker.prove.bounded import KInductionResult, ObligationStatus
from quorate.checker.rendering import induction, liveness
from quorate.checker.rendering.output import Output
from quorate.model.language import Protocol, Sizes
from quorate.traces import Trace

from .results import Result


@dataclass(frozen=True, repr=False)
class InductionResult(Result):
    """What k-induction showed; `induction` has the details, invariant by invariant.

    `liveness` has the properties of runs, which are left open; None if there are none.
    """

    protocol: type[Protocol]
    sizes: Sizes
    induction: KInductionResult
    run: Trace | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()
    liveness: Liveness | None = None

    @property
    def trace(self) -> Trace | None:
        return self.run

    @property
    def holds(self) -> bool:
        proved = self.induction.status is ObligationStatus.PROVED
        return proved and not self.warnings and self.liveness is None

    @property
    def violation(self) -> str | None:
        return induction.finding_line(self.induction)

    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        found = induction.as_json(
            self.protocol, self.sizes, self.induction, self.warnings, self.run, written
        )
        return found | {"temporal": self.liveness and liveness.as_json(self.liveness)}

    def show(self, out: Output) -> None:
        out.title(f"{self.protocol.__name__}  {self.sizes}")
        self.report(out)

    def report(self, out: Output) -> None:
        """The result without its title."""
        induction.report(out, self.protocol, self.sizes, self.induction, self.warnings, self.run)
        if self.liveness is not None:
            liveness.show(out, self.liveness)
