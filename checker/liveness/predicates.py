"""Properties of runs at given sizes: their predicates, as compiled code over one or two states."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.codegen.assembly import I64, POINTER, Builder, Module
from quorate.checker.explore.codegen.lowering import NodeLowering, const, load_words, new_function
from quorate.checker.explore.codegen.machine_code import MachineCode
from quorate.checker.ground.evaluate import Evaluator
from quorate.checker.ground.evaluation import UndefinedOperation
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.nodes import Bool, Graph, Node
from quorate.model.language import SizeError
from quorate.model.language.declare.types import proper_values
from quorate.model.language.interpreter import Arguments
from quorate.model.language.ir import core as c
from quorate.model.language.ir.steps import before

from .passes import mark, mark_steps

MOST_CLAIMS = 10_000
BITS = 62  # conditions of one compiled function

Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TemporalClaim:
    """A property of runs for some values of its parameters, in ground form.

    `holds` has a condition for each of its predicates; `undefined` is what is undefined in them.
    """

    property: c.Temporal
    arguments: Arguments
    holds: tuple[Bool, ...]
    undefined: tuple[UndefinedOperation, ...]


def claims(layout: Layout, properties: Iterable[c.Temporal]) -> Iterator[TemporalClaim]:
    """The claims of properties, one for each choice of arguments. Use it inside the sizes.

    Raises SizeError if there are too many.
    """
    evaluator, values = Evaluator(layout), layout.values
    for p in properties:
        ranges = [list(proper_values(b.var.type)) for b in p.parameters]
        if (count := math.prod(map(len, ranges))) > MOST_CLAIMS:
            raise SizeError(
                f"{p.name} makes {count:,} claims at these sizes, more than {MOST_CLAIMS:,}: "
                "give smaller sizes"
            )
        for arguments in itertools.product(*ranges):
            pairs = zip(p.parameters, arguments, strict=True)
            env = {b.var.name: values.constant(a, b.var.type) for b, a in pairs}
            evaluator.undefined = []
            holds = tuple(evaluator.value(body, env) for body in p.bodies)
            yield TemporalClaim(p, arguments, holds, tuple(evaluator.undefined))


def of_steps(layout: Layout) -> Layout:
    """A layout of two states in a row, for properties of steps: the state before a step, the other.

    The cells of `old.x` are where those of `x` are in the given layout, the cells of `x` as many
    words further on as a state has.
    """
    d = layout.description
    doubled = replace(
        d, variables=(*d.variables, *(replace(v, name=before(v.name)) for v in d.variables))
    )
    named = {v.name for v in d.variables}
    old = (
        replace(
            x,
            messages=before(x.messages),
            variable=before(x.variable) if x.variable in named else x.variable,
        )
        for x in layout.determined
    )
    both = Layout(doubled, layout.sizes, (*layout.determined, *old))
    columns = [(both.parts[n], both.parts[before(n)], parts) for n, parts in layout.parts.items()]
    columns += [
        ([both.messages[n, r].kept], [both.messages[before(n), r].kept], [m.kept])
        for (n, r), m in layout.messages.items()
    ]
    for ours, olds, given in columns:
        for new, column, place in zip(ours, olds, given, strict=True):
            column.first_word, column.first_bit = place.first_word, place.first_bit
            new.first_word, new.first_bit = place.first_word + layout.words, place.first_bit
    both.words = 2 * layout.words
    return both


def compiled(graph: Graph, words: int, conditions: Sequence[Bool]) -> MachineCode:
    """`i64 marks(state*, i32*)`, which sets bit i where condition i holds."""
    module, pointer = Module(), POINTER
    f = new_function(module, "marks", [pointer, pointer])
    b = Builder(f.append_basic_block("entry"))
    low = NodeLowering(b, load_words(b, f.args[0], words), graph)
    found = const(0)
    for i, condition in enumerate(conditions):
        found = b.or_(found, b.shl(b.zext(low.condition(condition), I64), const(i)))
    b.ret(found)
    return MachineCode(module, quick=True)


class StateMarks:
    """In which states conditions hold. All are looked at in one pass, or in one for each batch."""

    def __init__(
        self, layout: Layout, states: npt.NDArray[np.uint64], count: int, conditions: Iterable[Bool]
    ) -> None:
        nodes = list({p.id: p for p in conditions if isinstance(p, Node)}.values())
        self.count = count
        self._position = {p.id: i for i, p in enumerate(nodes)}
        self._marks: list[npt.NDArray[np.int64]] = []
        for start in range(0, len(nodes), BITS):
            code = compiled(layout.graph, layout.words, nodes[start : start + BITS])
            found, kinds = np.zeros(count, np.int64), np.zeros(1, np.uint32)
            mark(code.address("marks"), layout.words, states, count, kinds, found)
            self._marks.append(found)

    def of(self, condition: Bool) -> Marks:
        """For each state whether a condition holds."""
        if not isinstance(condition, Node):
            return np.full(self.count, condition)
        batch, bit = divmod(self._position[condition.id], BITS)
        found: Marks = (self._marks[batch] >> bit & 1).astype(np.bool_)
        return found

    @property
    def words(self) -> list[npt.NDArray[np.int64]]:
        """The marks of all states, each condition that is no constant as one bit."""
        return self._marks

    @property
    def nbytes(self) -> int:
        return sum(found.nbytes for found in self._marks)


def first_edges(
    both: Layout,
    words: int,
    states: npt.NDArray[np.uint64],
    sources: npt.NDArray[np.uint32],
    targets: npt.NDArray[np.uint32],
    conditions: Sequence[Bool],
) -> list[int]:
    """For each condition on a step the first edge on which it holds, -1 if there is none."""
    result: list[int] = []
    for start in range(0, len(conditions), BITS):
        batch = conditions[start : start + BITS]
        code = compiled(both.graph, both.words, batch)
        found = np.full(63, -1, np.int64)
        buffer, kinds = np.zeros(2 * words, np.uint64), np.zeros(1, np.uint32)
        wanted = (1 << len(batch)) - 1
        address = code.address("marks")
        mark_steps(address, words, states, sources, targets, wanted, buffer, kinds, found)
        result += found[: len(batch)].tolist()
    return result
