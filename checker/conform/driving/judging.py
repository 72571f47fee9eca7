"""What a run of the code violates: invariants of the model, of what the code shows after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from quorate.checker.conform.adapters.answers import Answer
from quorate.checker.conform.adapters.subject import Subject
from quorate.checker.conform.seen import holds
from quorate.checker.conform.showing import Row
from quorate.checker.conform.space import Call
from quorate.checker.tracing.reading import TraceReader
from quorate.model.language import StepError
from quorate.traces import Record, Value

from .comparing import Comparer
from .graph import ModelGraph

TIMES = 2
"""How often a run is repeated, so that flaky code is told."""


@dataclass(frozen=True)
class Done:
    """What is to be done on the code, and whether it may refuse."""

    call: Call
    may_refuse: bool = False


class Judge:
    """Does runs on a subject, whether the model has them or not. Use it inside the sizes."""

    def __init__(self, graph: ModelGraph, subject: Subject, protocol: str) -> None:
        self.graph, self.subject, self.name = graph, subject, protocol
        self.comparer = Comparer(graph.space, subject)

    def violated(
        self,
        names: Iterable[str],
        start: int,
        run: Sequence[Done],
        out_of_time: Callable[[], bool] = lambda: False,
    ) -> list[str] | None:
        """Those of the invariants that are false after a run from an initial state, by its number.

        They are evaluated on nothing but what the code shows then, and on what it has sent. None if
        it does not do the run, or is out of time. Raises AdapterError, NotAValueError.
        """
        space, row = self.graph.space, self.graph.rows[start]
        answer = self.subject.start(space.setting(self.name, row))
        sent: frozenset[Value] = frozenset()
        given = self._messages(row)
        for done in run:
            if out_of_time() or not self._delivered(done.call) <= sent | given:
                return None  # It would be told what nobody has sent.
            answer = self.subject.step(done.call.action, done.call.args)
            if not _is_done(answer, done):
                return None
            sent |= self.comparer.terms.messages(answer.sent)
        first, values = self.comparer.of(row), self.comparer.read(answer)
        network = space.messages
        if network is not None and network not in values and not first[network]:
            values[network] = sent  # all that it has sent since the start
        state = TraceReader().state(space.description, {**first, **values})

        def is_false(name: str) -> bool:
            try:
                return holds(space.protocol, space.sizes, name, state, values.keys()) is False
            except StepError:
                return False

        return [name for name in names if is_false(name)]

    def _messages(self, row: Row) -> frozenset[Value]:
        """The messages that are there at the start."""
        network = self.graph.space.messages
        held = frozenset() if network is None else self.comparer.of(row)[network]
        assert isinstance(held, frozenset)
        return held

    def _delivered(self, call: Call) -> frozenset[Value]:
        """The messages that a call delivers, of those that stay where they are."""
        network = self.comparer.terms.network
        if network is None or not network.grows:
            return frozenset()
        names = {m.__name__ for m in network.type.messages}
        values = call.args.values()
        return frozenset(v for v in values if isinstance(v, Record) and v.tag in names)


def _is_done(answer: Answer, done: Done) -> bool:
    """Whether the code did what it was to do, with these arguments."""
    if answer.contradiction is not None or answer.skipped is not None:
        return False
    if answer.refused is not None:
        return done.may_refuse
    return all(done.call.args[name] == value for name, value in answer.chosen)
