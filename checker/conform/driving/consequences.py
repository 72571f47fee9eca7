"""Whether a difference matters: runs on which the code itself violates an invariant.

Supposing that the code always does what was seen once, the model is searched for a violation.
The run to it is then done on the code, twice; only what the code shows there counts. So what is
reported has happened; that nothing is reported says nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from quorate.checker.conform.adapter import AdapterError
from quorate.checker.conform.adapters.subject import Subject
from quorate.checker.conform.space import Call
from quorate.checker.tracing.reading import NotAValueError, TraceReader
from quorate.model.language import SizeError
from quorate.model.language.description import describe
from quorate.model.language.interpreter import State
from quorate.model.language.ir import core as c
from quorate.traces import Value

from .comparing import Kind
from .driver import Occurrence
from .graph import ModelGraph
from .judging import TIMES, Done, Judge
from .supposing import Supposed, without_guards, without_writes

MOST_STATES = 400_000, 50_000
"""How many states are looked at: of the model as supposed, and from where only the code has got."""

MOST_RUNS = 5
"""How many runs to a violation of an invariant are tried on the code."""


@dataclass(frozen=True)
class Consequence:
    """A run of the code, and the invariant that is violated after it."""

    violated: str
    start: int | None
    """The number of the initial state, where the model has several."""
    run: tuple[Call, ...]


class Consequences:
    """Looks for what differences lead to. Use it inside the sizes."""

    def __init__(
        self,
        graph: ModelGraph,
        subject: Subject,
        protocol: str,
        out_of_time: Callable[[], bool],
        hidden: bool = False,
    ) -> None:
        self.graph, self.space = graph, graph.space
        self._out_of_time, self._hidden = out_of_time, hidden
        self.ended = False
        """Whether time was up before all was looked at, the last time."""
        self._searched: list[tuple[c.Action, ...]] = []
        self._judge = Judge(graph, subject, protocol)
        self.comparer = self._judge.comparer
        self.description = describe(self.space.protocol)

    def of(self, met: Occurrence) -> tuple[Consequence, ...]:
        """What a difference leads to, each invariant once."""
        if met.code is None:
            return ()
        self.ended, found = False, dict[str, Consequence]()
        tried: Counter[str] = Counter()
        wanted = [p.name for p in self.description.invariants]
        try:
            for name, run in self._runs(met, wanted):
                tried[name] += 1
                if (consequence := self._confirmed(name, met.initial, run)) is not None:
                    found[name] = consequence
                if name in found or tried[name] == MOST_RUNS:
                    wanted.remove(name)
        except (AdapterError, NotAValueError, SizeError):
            pass  # The difference is what it is; this would only have been more.
        return tuple(found.values())

    def _runs(self, met: Occurrence, wanted: list[str]) -> Iterator[tuple[str, list[Done]]]:
        """Runs on which the code may violate what is still wanted; the caller takes from that."""
        sizes, (most, fewer) = self.space.sizes, MOST_STATES
        if wanted and (supposed := self._supposed(met)) is not None:
            if supposed.actions in self._searched:
                return  # Another sign of the same mistake.
            self._searched.append(supposed.actions)
            root = self.space.state(self.graph.rows[met.initial])
            there = Supposed(supposed, sizes)
            for name, calls in there.violations(root, wanted, most, self._ends):
                yield name, self._asked(calls)
        if wanted:
            run = [
                Done(self.space.call(act.code), act.target is None or self._hidden)
                for act in met.run
            ]
            run += self._asked([self.space.call(met.code or 0)])
            yield from ((name, run) for name in [*wanted])
            there = Supposed(self.description, sizes)
            for name, calls in there.violations(self._state(met), wanted, fewer, self._ends):
                yield name, [*run, *self._asked(calls)]

    def _ends(self) -> bool:
        self.ended = self.ended or self._out_of_time()
        return self.ended

    def _asked(self, calls: Sequence[Call]) -> list[Done]:
        """Calls to be done; where steps are hidden, one may be refused, having happened unasked."""
        return [Done(call, may_refuse=self._hidden) for call in calls]

    def _supposed(self, met: Occurrence) -> c.Description | None:
        """The model with an action that always does what was seen; None if that is not simple."""
        call, row = self.space.call(met.code or 0), self.graph.rows[met.state]
        action, variable = self.description.action(call.action), met.unlike.variable
        match met.unlike.kind:
            case Kind.ALLOWS:
                other = without_guards(action, self.space.failing(row, met.code or 0))
            case Kind.CHANGES | Kind.SENDS if variable is not None:
                if self._after(met)[variable] != self.comparer.of(row)[variable]:
                    return None
                other = without_writes(action, variable)
            case _:
                return None
        actions = (other if a == action else a for a in self.description.actions)
        return replace(self.description, actions=tuple(actions))

    def _after(self, met: Occurrence) -> dict[str, Value]:
        """The variables after what was tried: as the code shows them, else as the model has."""
        target = met.state if met.target is None else met.target
        values = {**self.comparer.of(self.graph.rows[target]), **self.comparer.read(met.answer)}
        network = self.space.messages
        if network is not None and network not in met.answer.seen:
            held = self.comparer.of(self.graph.rows[met.state])[network]
            assert isinstance(held, frozenset)
            values[network] = held | self.comparer.terms.messages(met.answer.sent)
        return values

    def _state(self, met: Occurrence) -> State:
        target = met.state if met.target is None else met.target
        budgets = self.space.state(self.graph.rows[target])[len(self.description.variables) :]
        shown = TraceReader().state(self.description, self._after(met))
        return (*shown[: len(self.description.variables)], *budgets)

    def _confirmed(self, name: str, start: int, run: Sequence[Done]) -> Consequence | None:
        """The run, if the code does it and then violates the invariant, both times."""
        again = (self._judge.violated([name], start, run, self._ends) for _ in range(TIMES))
        if not all(again):
            return None
        several = len(self.graph.initial) > 1
        return Consequence(name, start if several else None, tuple(done.call for done in run))
