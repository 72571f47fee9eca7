"""k-induction: invariants of the first k states of runs, and of what follows any k such states.

Sheeran, Singh, Stalmarck: Checking Safety Properties Using Induction and a SAT-solver (FMCAD 2000).
All invariants are assumed together. Those that k states do not carry on are then no longer assumed
(Flanagan, Leino: Houdini, an Annotation Assistant for ESC/Java, FME 2001). For k = 1 this is what
`inductive` checks action by action.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes

from .arbitrary import ArbitraryPaths
from .model_checking import BoundedSearch, Depth, undefined_start
from .results import BoundedCheck, BoundedOutcome, Induced, KInductionResult
from .solver import SatAnswer
from .system import Ground
from .unrolling import Template

Kinds = tuple[str | None, ...]
Report = Callable[[Depth], None]


def k_inductive(
    protocol: type[Protocol],
    sizes: Sizes,
    most: int,
    properties: Sequence[str] | None = None,
    report: Report | None = None,
    *,
    effort: float | None = None,
    shrinking: float = 2.0,
) -> KInductionResult:
    """Find for each invariant (by default all) the least k up to `most` that proves it.

    `report` is called with each k. `effort` bounds the whole check, and `shrinking` the search for
    a small first state of each counterexample (see effort.py). Raises SizeError; InputError for an
    unknown name; DisagreementError if CPython does not confirm what is found.
    """
    started = time.perf_counter()
    with sizes:
        ground = Ground(protocol, sizes)
        if (nothing := undefined_start(ground, properties, started)) is not None:
            return KInductionResult(str(sizes), most, nothing, (), nothing.seconds)
        template = Template(ground, properties)
        with BoundedSearch(template, most - 1, effort, started) as base:
            return _KInductionSearch(template, most, base, shrinking, report).run()


class _KInductionSearch:
    def __init__(
        self,
        template: Template,
        most: int,
        base: BoundedSearch,
        shrinking: float,
        report: Report | None,
    ) -> None:
        self.template, self.most, self.base = template, most, base
        self.shrinking, self.report = shrinking, report
        self.checked = -1  # nothing is wrong within so many steps
        self.stopped: BoundedCheck | None = None  # why the check ended early

    def run(self) -> KInductionResult:
        given: Kinds = tuple(self.template.wrong)
        names = [p.name for p in self.template.properties]
        found: dict[str | None, Induced] = {
            name: Induced(name, (), 1, None) for name in names if name not in given
        }
        while given and self.stopped is None:
            carried = self._round(given)
            found |= carried
            kept = tuple(kind for kind in given if carried[kind].k is not None)
            given = kept if kept != given else ()
        order = {kind: n for n, kind in enumerate([None, *names])}
        if self.stopped is not None and self.stopped.initial is not None:
            found = {}
        return KInductionResult(
            sizes=str(self.template.ground.sizes),
            most=self.most,
            base=self.stopped or self.base.result(BoundedOutcome.NONE_WITHIN, self.checked),
            induced=tuple(sorted(found.values(), key=lambda i: order[i.invariant])),
            seconds=time.perf_counter() - self.base.started,
        )

    def _round(self, given: Kinds) -> dict[str | None, Induced]:
        """For each of the `given` invariants, whether k states in which all hold carry it on."""
        found: dict[str | None, Induced] = {}
        with ArbitraryPaths(self.template, self.most) as paths:
            for k in range(1, self.most + 1):
                self._base(k - 1)
                if self.stopped is not None:
                    break
                paths.extend()
                for kind in (kind for kind in given if kind not in found):
                    answer = paths.breaks(kind, given, self.base.budget)
                    if answer is SatAnswer.NO:
                        found[kind] = Induced(kind, given, k, None)
                    elif answer is SatAnswer.YES and k == self.most:
                        path = paths.counterexample(kind, given, self.shrinking)
                        found[kind] = Induced(kind, given, None, path)
                if len(found) == len(given):
                    break
                if self.report is not None:
                    self.report(Depth(k, time.perf_counter() - self.base.started))
        return {kind: found.get(kind, Induced(kind, given, None, None)) for kind in given}

    def _base(self, depth: int) -> None:
        if depth > self.checked:
            self.stopped = self.base.check(depth)
            self.checked = depth
