"""What states are told apart by: parts of a state, properties, and what somebody types.

All of it is the modelling language. An expression becomes conditions, one for each bit of its
value: compiled, they sort many states into classes. What it is in the states of a class is said by
CPython, of the first of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import CodeType

from quorate.checker.ground.columns import Column
from quorate.checker.ground.evaluate import Evaluator
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.nodes import Bool, Scalar, size_of
from quorate.checker.tracing.build import message_variable
from quorate.checker.tracing.values import show_value
from quorate.model.language import StepError
from quorate.model.language.declare.types import MessagesType
from quorate.model.language.description import describe_expression
from quorate.model.language.frontend.typed import TYPED, element_names, names_of
from quorate.model.language.interpreter import State
from quorate.model.language.ir import core as c
from quorate.traces import FrozenMap, show
from quorate.traces.values import show_key

from .walk import Walk

MOST_CELLS = 40
"""Of a map with more cells, only the whole is offered."""
UNDEFINED = "undefined"


@dataclass(frozen=True)
class Expression:
    """One expression; `kind` is "variable", "property" or "typed"."""

    text: str
    kind: str
    body: c.Expr | None = None
    """What it computes; of a variable None, which is read as it is kept."""
    code: CodeType | None = None
    """Of a typed one, how CPython computes it."""


class GroupingExpressions:
    """The expressions of a protocol at given sizes. Make it, and use it, inside the sizes."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        names = names_of(walk.protocol)
        self._elements = element_names(walk.protocol, names)
        self._names = names | self._elements
        found = (*walk.description.properties, *walk.description.finals)
        self._properties = {p.name: p for p in found}
        self._known: dict[str, Expression] = {}

    def offered(self) -> dict[str, str]:
        """What one may choose without typing, with the kind of each."""
        found = dict(self._parts())
        network = message_variable(self.walk.protocol)
        if network is not None:
            held = self.walk.protocol.variables()[network].type
            assert isinstance(held, MessagesType)
            counts = (f"len(self.{network}[{r.__name__}])" for r in held.messages)
            found |= dict.fromkeys(counts, "messages")
        return found | dict.fromkeys(self._properties, "property")

    def _parts(self) -> Iterator[tuple[str, str]]:
        for name, value in self.walk.shown(self.walk.initial[0]).items():
            yield f"self.{name}", "variable"
            if isinstance(value, FrozenMap) and len(value) <= MOST_CELLS:
                yield from ((f"self.{name}[{show_key(k)}]", "cell") for k in value)

    def words(self) -> list[str]:
        """The names that an expression may have besides what is offered."""
        defines = (f"self.{name}(" for name in self.walk.protocol.methods("define"))
        return [*self.walk.protocol.sorts(), *self._elements, *defines]

    def read(self, text: str) -> Expression:
        """The expression that a text is. Raises ModelError."""
        text = text.strip()
        if text not in self._known:
            self._known[text] = self._read(text)
        return self._known[text]

    def _read(self, text: str) -> Expression:
        shown = self.walk.shown(self.walk.initial[0])
        variable = text.removeprefix("self.")
        if variable in shown:
            return Expression(f"self.{variable}", "variable")
        if text in self._properties:
            return Expression(text, "property", self._properties[text].body)
        body = describe_expression(self.walk.protocol, text, self._names)
        return Expression(text, "typed", body, compile(text, TYPED, "eval"))

    def told(self, e: Expression, state: State) -> str:
        """What an expression is in a state, by CPython."""
        if e.kind == "variable":
            return show(self.walk.shown(state)[e.text.removeprefix("self.")])
        if e.kind == "property":
            held = self.walk.holds(e.text, state)
            return UNDEFINED if held is None else str(held)
        assert e.code is not None
        try:
            return show(show_value(self.walk.interpreter.value(state, e.code, self._names)))
        except StepError:
            return UNDEFINED


def conditions(layout: Layout, e: Expression) -> list[Bool]:
    """Conditions that two states agree on where an expression is the same, and only there.

    The first one says that it is undefined; then no other holds. Use it inside the sizes. Raises
    SizeError.
    """
    graph, evaluator = layout.graph, Evaluator(layout)
    if e.body is None:
        parts: Iterable[Scalar] = _kept(layout, e.text.removeprefix("self."))
    else:
        value = evaluator.value(e.body, {})
        parts = (getattr(x, "scalar", x) for x in layout.values.parts(value, e.body.type))
    bits = [bit for part in parts for bit in _bits(layout, part)]
    undefined = graph.or_(u.when for u in evaluator.undefined)
    defined = graph.not_(undefined)
    return [undefined, *(graph.and_([defined, bit]) for bit in bits)]


def _kept(layout: Layout, name: str) -> Iterator[Scalar]:
    """Every cell of a variable, or what is left of a fault."""
    columns: list[Column] = list(layout.parts.get(name, ()))
    columns += [m.column for (variable, _), m in layout.messages.items() if variable == name]
    columns += [b for kind, b in layout.budgets.items() if f"{kind}_budget" == name]
    for column in columns:
        yield from (layout.graph.load(column, i) for i in range(column.count))


def _bits(layout: Layout, part: Scalar) -> Iterator[Bool]:
    size = size_of(part)
    for k in range((size - 1).bit_length()):
        yield layout.graph.isin(part, sum(1 << v for v in range(size) if v >> k & 1))
