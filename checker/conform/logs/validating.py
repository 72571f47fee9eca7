"""Holding logs against a model: the search is run, and its outcome judged."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import cached_property

from quorate.checker.tracing.values import show_value
from quorate.model.language.declare.types import SortType
from quorate.traces import Value

from .explaining import MOST_ENDS, MOST_FURTHER, Explainer
from .log import Log
from .order import Cut, needs_of, ready
from .outcome import LogStep, LogVerdict, Unexplained, Validation
from .reading import LinePlace
from .search import MOST, Found, LineJudge, LogSearch, Taken, ways
from .steps import Call, ModelSteps


def hold(log: Log, hidden: int | None = None, most: int = MOST) -> Validation:
    """Look for a run of the model that explains a log. Use it inside the sizes.

    `hidden` steps may go before each line's own that the log does not show; by default none may,
    and a line that only they would explain leaves the outcome open. Raises StepError where a step
    that may explain a line is undefined.
    """
    return _Validator(log, hidden, most).outcome()


MOST_HINTS = 100
MOST_BRANCHED = 5


class _Validator:
    def __init__(self, log: Log, hidden: int | None, most: int) -> None:
        self.log, self.given, self.hidden = log, hidden, hidden or 0
        places = [[w.place for w in lines] for lines in log.written]
        self.needs = needs_of(
            [list(zip(p, ls, strict=True)) for p, ls in zip(places, log.lines, strict=True)]
        )
        self.judge = LineJudge(ModelSteps(log.protocol, log.sizes))
        self.search = LogSearch(self.judge, log.statements, self.needs, self.hidden, most)

    def outcome(self) -> Validation:
        if not any(said.compares for lines in self.log.statements for said in lines):
            nothing = "nothing was compared: no line says anything of the model"
            doubt = self._beyond() or nothing
            return self._validation(LogVerdict.INCONCLUSIVE, None, doubt)
        found = self.search.run()
        if not found.ends:
            doubt = "the model has no initial state: it has no run at all"
            return self._validation(LogVerdict.INCONCLUSIVE, None, doubt)
        if found.complete or not any(self._heads(cut) for cut, _ in found.ends):
            return self._complete(found)
        failure = self._failure(found)
        reason = self._doubt(found, failure)
        verdict = LogVerdict.UNEXPLAINED if reason is None else LogVerdict.INCONCLUSIVE
        return self._validation(verdict, found, reason, failure)

    def _complete(self, found: Found) -> Validation:
        taken = found.ends[0][1]
        steps = sum(len(t.steps) for t in ways(taken))
        reason = self._beyond()
        if reason is None and not steps:
            reason = "no line is of a step of the model: nothing happens in the log"
        verdict = LogVerdict.EXPLAINED if reason is None else LogVerdict.INCONCLUSIVE
        return self._validation(verdict, found, reason)

    def _beyond(self) -> str | None:
        """That lines are beyond the model."""
        n = len(self.log.beyond)
        return f"{n} line{'s are' if n > 1 else ' is'} beyond the model" if n else None

    def _doubt(self, found: Found, failure: Unexplained) -> str | None:
        """Why it does not follow that no run explains the log."""
        if found.lost:
            return f"given up after {self.search.most:,} states more than there are lines"
        if self.log.beyond and len(self.log.written) > 1:
            return "lines of other files are beyond the model: what they did may explain this one"
        if self.given is None and (unshown := self._unshown(failure.further or ())):
            what = f"the log has no steps such as {unshown[0]}, which would explain the line"
            n = len(failure.further or ())
            return f"{what}: give --hidden {n} if it leaves them out"
        if any(not g.held and not g.file for a in failure.attempts for g in a.guards):
            return "the model's budget of faults is spent: give more with -f"
        return None

    def _heads(self, cut: Cut) -> list[int]:
        """The files whose next line could come next."""
        files = self.log.statements
        return [f for f, k in enumerate(cut) if k < len(files[f]) and ready(self.needs[f][k], cut)]

    def _stuck(self, cut: Cut, taken: Taken) -> list[int]:
        """Those of them that have no explanation; with hidden steps, all."""
        heads, files = self._heads(cut), self.log.statements
        if self.hidden:
            return heads
        return [f for f in heads if not any(self.judge.explained(taken.state, files[f][cut[f]]))]

    @cached_property
    def _kinds(self) -> set[tuple[str, frozenset[Value]]]:
        """The actions that the log names, with the processes that take them."""
        lines = (said for file in self.log.statements for said in file)
        return {self._kind(name, dict(args)) for said in lines for name, args in said.events or ()}

    def _kind(self, action: str, args: Mapping[str, Value]) -> tuple[str, frozenset[Value]]:
        return action, frozenset(v for v in args.values() if v in self.log.processes)

    def _unshown(self, steps: Sequence[Call]) -> list[Call]:
        """Those of a kind that the log has nowhere, so that it may leave them all out."""
        return [c for c in steps if self._kind(c.action, c.args) not in self._kinds]

    def _most_further(self) -> int:
        """How many states to look at for hidden steps that would help.

        They are a mere hint, unless the log may leave out all steps of their kind.
        """
        return MOST_HINTS if self._possible_kinds() <= self._kinds else MOST_FURTHER

    def _possible_kinds(self) -> set[tuple[str, frozenset[Value]]]:
        """The actions that the model has, with the processes that may take them."""
        found: set[tuple[str, frozenset[Value]]] = set()
        for action in self.judge.model.description.actions:
            if action.fault is not None and not self.log.sizes.faults.get(action.fault):
                continue
            sorts = [p.var.type.sort for p in action.parameters if isinstance(p.var.type, SortType)]
            ranges = [self.log.processes & set(map(show_value, sort)) for sort in sorts]
            some = [r for r in ranges if r]
            found |= {(action.name, frozenset(x)) for x in itertools.product(*some)}
        return found

    def _failure(self, found: Found) -> Unexplained:
        explainer = Explainer(self.judge)
        ends = found.ends
        tried = [
            (explainer.nearest(near, self.log.statements[f][cut[f]]), f, cut[f], taken)
            for cut, taken in ends[:MOST_ENDS]
            for f in self._stuck(cut, taken)
            for near in explainer.around(taken, self.hidden)
        ]
        _, f, k, _ = min(tried, key=lambda t: t[0].distance)
        here = sorted((a for a, g, j, _ in tried if (g, j) == (f, k)), key=lambda a: a.distance)
        attempts = list(dict.fromkeys(here))
        rows = list({t.state: t for _, g, j, t in tried if (g, j) == (f, k)}.values())
        line = self.log.written[f][k]
        said, most = self.log.statements[f][k], self._most_further()
        further = None if found.lost else explainer.further(rows, said, self.hidden, most)
        widths = tuple(found.widths[max(0, found.lines - 4) : found.lines + 1])
        return Unexplained(line.place, line.text, tuple(attempts[:3]), len(ends), widths, further)

    def _validation(
        self,
        verdict: LogVerdict,
        found: Found | None,
        reason: str | None,
        failure: Unexplained | None = None,
    ) -> Validation:
        log = self.log
        taken = found.ends[0][1] if found is not None else None
        run = tuple(self._run(taken)) if taken is not None else ()
        return Validation(
            verdict,
            tuple(map(str, log.paths)),
            sum(map(len, log.written)),
            sum(s.compares for s in run),
            found.lines if found is not None else 0,
            self.hidden,
            sum(len(s.steps) for s in run),
            reason,
            failure,
            tuple(log.beyond),
            log.left_out,
            log.torn,
            self._branched(found) if found is not None and found.lost else (),
            run,
            getattr(log.mapping, "names", None),
        )

    def _branched(self, found: Found) -> tuple[tuple[LinePlace, int], ...]:
        most = found.branched.most_common(MOST_BRANCHED)
        return tuple((self.log.written[f][k].place, n) for (f, k), n in most)

    def _run(self, taken: Taken) -> list[LogStep]:
        """The run, line by line."""
        at = [0] * len(self.log.written)
        found = []
        for t in list(ways(taken))[-2::-1]:
            w, line = self.log.written[t.file][at[t.file]], self.log.lines[t.file][at[t.file]]
            said = self.log.statements[t.file][at[t.file]]
            at[t.file] += 1
            steps = tuple(str(self.judge.model.call(step)) for step in t.steps)
            node = None if line is None else line.node
            found.append(LogStep(w.place, w.text, node, steps, said.compares, line))
        return found
