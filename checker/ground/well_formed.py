"""Which packed states represent values: proofs about any state begin with one of these."""

from __future__ import annotations

from quorate.model.language.declare.queues import fifo_of
from quorate.model.language.declare.types import (
    MapType,
    MessagesType,
    OptionType,
    RecordType,
    SeqType,
    Type,
)
from quorate.model.language.ir import queues

from .evaluate import Evaluator
from .nodes import Bool
from .shapes import Entries, Fields, Items, Present, Value
from .values import Values


def well_formed(evaluator: Evaluator) -> Bool:
    """That the cells represent values: cells past the end of a sequence, or in None, are 0.

    And that a packet holds one message, of its link.
    """
    layout = evaluator.layout
    rules: list[Bool] = []
    for v in layout.description.variables:
        if isinstance(v.type, MessagesType):
            continue
        t = v.type.value if isinstance(v.type, MapType) else v.type
        count = layout.parts[v.name][0].count if layout.parts[v.name] else 0
        for index in range(count):
            _rules(layout.values, evaluator.cell(v.name, index), t, rules)
    for v in layout.description.protocol.variables().values():
        if fifo_of(v.type) is not None:
            rules.append(evaluator.value(queues.well_formed(v), {}))
    return layout.graph.and_(rules)


def _rules(values: Values, value: Value, t: Type, rules: list[Bool]) -> None:
    g = values.g
    match value, t:
        case Present(present, inner), OptionType(of):
            rules += [g.or_([present, g.eq(p, 0)]) for p in values.parts(inner, of)]
            _rules(values, inner, of, rules)
        case Items(length, items), SeqType(element, _):
            for i, item in enumerate(items):
                inside = g.less(i, length)
                rules += [g.or_([inside, g.eq(p, 0)]) for p in values.parts(item, element)]
                _rules(values, item, element, rules)
        case Fields(parts), RecordType():
            for part, inner in zip(parts, t.fields.values(), strict=True):
                _rules(values, part, inner, rules)
        case Entries(entries), MapType(_, of):
            for entry in entries:
                _rules(values, entry, of, rules)
