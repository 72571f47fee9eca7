"""Properties of runs by plain Python: the graph from CPython, components from networkx."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import networkx as nx

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.liveness.check import check_runs
from quorate.checker.liveness.results import Liveness, TemporalVerdict
from quorate.model.language import Protocol, Sizes, StepError
from quorate.model.language.declare.delivery import parameter_types
from quorate.model.language.declare.protocol import TEMPORAL
from quorate.model.language.declare.types import proper_values
from quorate.model.language.interpreter import Interpreter

Unit = tuple[Any, ...]


@dataclass
class PlainRuns:
    """All states and steps of a protocol, as CPython finds them. Use it inside the sizes."""

    protocol: type[Protocol]
    sizes: Sizes
    graph: Any = field(default_factory=nx.MultiDiGraph)

    def __post_init__(self) -> None:
        self.here, self.earlier = (Interpreter(self.protocol, self.sizes) for _ in range(2))
        self.initial = list(dict.fromkeys(self.here.initial()))
        waiting = list(self.initial)
        self.graph.add_nodes_from(waiting)
        expanded = set()
        while waiting:
            state = waiting.pop()
            if state in expanded:
                continue
            expanded.add(state)
            for action, arguments, after in list(self.here.successors(state)):
                if after != state:
                    self.graph.add_edge(state, after, unit=self._unit(action, arguments))
                    waiting.append(after)

    def _unit(self, action: str, arguments: tuple[Any, ...]) -> Unit | None:
        method = self.protocol.methods("action")[action]
        mark, names = method._quorate, method.__code__.co_varnames[1:]
        if mark.fair is None:
            return None
        chosen = tuple(v for n, v in zip(names, arguments, strict=False) if n in mark.fair_for)
        return mark.fair, action, chosen

    # ------------------------------------------------------------ fairness

    def _is_fair_somewhere(self, inside: set[Any], wanted: set[Any]) -> bool:
        for component in nx.strongly_connected_components(self.graph.subgraph(inside)):
            here = self.graph.subgraph(component)
            taken = {unit for _, _, unit in here.edges(data="unit")}
            enabled = {k: {u for _, _, u in self.graph.out_edges(k, data="unit")} for k in here}
            units = {u for us in enabled.values() for u in us if u is not None}
            weak = {u for u in units if u[0] == "weak" and all(u in x for x in enabled.values())}
            if weak - taken or not component & wanted:
                continue
            missing = {u for u in units if u[0] == "strong"} - taken
            if not missing:
                return True
            left = {k for k in component if not enabled[k] & missing}
            if self._is_fair_somewhere(left, wanted):
                return True
        return False

    def _from(self, seeds: set[Any], inside: set[Any]) -> set[Any]:
        within = self.graph.subgraph(inside)
        return {k for s in seeds & inside for k in (s, *nx.descendants(within, s))}

    # ------------------------------------------------------------ properties

    def violated(self, kind: str, name: str, arguments: tuple[Any, ...]) -> bool:
        """Whether a property is violated for these arguments. Raises StepError."""
        method, every = getattr(self.protocol, name), set(self.graph)
        if kind == "step_property":
            pairs = set(self.graph.edges())
            return False in {self._step(method, old, new, arguments) for old, new in pairs}
        values = {k: self._values(method, k, arguments) for k in every}
        without = {k for k in every if not values[k][-1]}
        if kind == "eventually_always":
            return self._is_fair_somewhere(every, without)
        seeds = without
        if kind == "eventually":
            seeds = without & set(self.initial)
        elif kind == "leads_to":
            seeds = {k for k in without if values[k][0]}
        return self._is_fair_somewhere(self._from(seeds, without), every)

    def _values(self, method: Any, state: Any, arguments: tuple[Any, ...]) -> tuple[bool, ...]:
        self.here.load(state)
        try:
            found = method(self.here.object, *arguments)
        except Exception as error:
            raise StepError(str(error)) from error
        return found if isinstance(found, tuple) else (found,)

    def _step(self, method: Any, old: Any, new: Any, arguments: tuple[Any, ...]) -> bool:
        self.here.load(new)
        self.earlier.load(old)
        try:
            return bool(method(self.here.object, self.earlier.object, *arguments))
        except Exception as error:
            raise StepError(str(error)) from error

    def verdict(self, kind: str, name: str) -> TemporalVerdict:
        """The verdict on a property, for all arguments."""
        types = parameter_types_of(getattr(self.protocol, name), kind)
        found = TemporalVerdict.HOLDS
        for arguments in itertools.product(*(list(proper_values(t)) for t in types)):
            try:
                if self.violated(kind, name, arguments) and found is TemporalVerdict.HOLDS:
                    found = TemporalVerdict.VIOLATED
            except StepError:
                return TemporalVerdict.UNDEFINED
        return found


def parameter_types_of(method: Any, kind: str) -> list[Any]:
    """The types of the parameters of a property of runs, without `old`."""
    if kind != "step_property":
        return parameter_types(method)
    given, names = method.__annotations__, method.__code__.co_varnames[1:]
    try:
        method.__annotations__ = {**given, names[0]: "bool"}
        return parameter_types(method)[1:]
    finally:
        method.__annotations__ = given


def compare_runs(protocol: type[Protocol], sizes: Sizes, most: int = 200) -> Liveness | None:
    """Check that both agree about every property of runs; None if there is no whole graph."""
    explorer = Explorer(protocol, sizes)
    found = explorer.run(coverage=False)
    if not found.complete or not 0 < found.states <= most:
        return None
    kinds = {name: kind for kind in TEMPORAL for name in protocol.methods(kind)}
    checked = check_runs(explorer, kinds)
    with sizes:
        plain = PlainRuns(protocol, sizes)
        assert plain.graph.number_of_nodes() == found.states
        for check in checked.checks:
            expected = plain.verdict(check.kind, check.name)
            # The description may be undefined where CPython does not look, and an earlier choice of
            # arguments may be violated where a later one is undefined.
            settled = {expected, check.verdict} != {
                TemporalVerdict.UNDEFINED,
                TemporalVerdict.VIOLATED,
            }
            stricter = check.verdict is TemporalVerdict.UNDEFINED
            assert check.verdict is expected or stricter or not settled, check
    return checked
