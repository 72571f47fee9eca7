"""Which states of the model explain what was seen, where one step of the code may be several.

Between the steps that are asked for, up to k steps of processes may happen unasked. All states that
explain what was seen so far are kept, so that no difference is told that some of them explains.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from quorate.checker.conform.adapters.answers import Answer
from quorate.checker.conform.space import Code

from .comparing import Comparer
from .graph import ModelGraph

MOST_EXPLANATIONS = 1000


class HiddenSteps:
    """Finds explanations with at most `hidden` steps before and after what was asked for."""

    def __init__(self, graph: ModelGraph, comparer: Comparer, hidden: int) -> None:
        self._graph, self._comparer, self._hidden = graph, comparer, hidden
        self._reached: dict[int, list[int]] = {}

    def explained(
        self, states: Iterable[int], code: Code, answer: Answer, probe: bool
    ) -> list[int]:
        """The states that the implementation may be in after a step was asked for in `states`.

        A refusal is explained where the model disables the step. So is it that nothing was seen of
        a probe; that may be a step all the same, if the model has it in one of the states. The
        nearest come first.
        """
        refused = answer.refused is not None
        found: dict[int, None] = {}
        for state in states:
            for here in self._after(state):
                target = dict(self._graph.edges(here)).get(code)
                if target is None and (refused or probe):
                    self._add(found, state, [here], replace(answer, refused=None), code)
                elif target is not None and not refused:
                    self._add(found, state, self._after(target), answer, code)
        return list(found)[:MOST_EXPLANATIONS]

    def _add(
        self,
        found: dict[int, None],
        state: int,
        targets: Iterable[int],
        answer: Answer,
        code: Code,
    ) -> None:
        rows, call = self._graph.rows, self._graph.space.call(code)
        for target in targets:
            if target in found:
                continue
            if self._comparer.step(rows[state], rows[target], answer, call) is None:
                found[target] = None

    def _after(self, state: int) -> list[int]:
        """The states that at most so many steps of processes lead to, the state itself first."""
        if state not in self._reached:
            level, found = [state], {state: None}
            for _ in range(self._hidden):
                level = [
                    target
                    for at in level
                    for code, target in self._graph.edges(at)
                    if target not in found and not self._graph.space.call(code).environment
                ]
                found.update(dict.fromkeys(level))
            self._reached[state] = list(found)
        return self._reached[state]
