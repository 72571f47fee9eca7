"""A state graph seen through expressions: states that agree on them are one class.

The expressions are variables, cells of maps, numbers of messages, and properties of states. What
they are in a state is decoded once for all states that share the bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from quorate.checker.conform.showing import Row, Showing
from quorate.checker.errors import InputError
from quorate.checker.tracing.build import message_variable
from quorate.model.language.declare.types import MessagesType
from quorate.traces import FrozenMap, Record, Value, show
from quorate.traces.values import show_key

from .walk import Walk, truth
from .whole import Numbers, WholeGraph

MOST_CLASSES = 150
MOST_EVALUATED = 10_000
"""CPython evaluates properties, so not in more states than this."""
MOST_CELLS = 40
"""Of a map with more cells, only the whole is offered."""
COUNTED = "number of "

Reader = Callable[[int, Row], str]
"""What an expression is in a state, by its number and its bits."""


def expressions(walk: Walk) -> dict[str, str]:
    """What states can be told apart by, with the kind of each. Use it inside the sizes."""
    found: dict[str, str] = {}
    for name, value in walk.shown(walk.initial[0]).items():
        found[str(name)] = "variable"
        if isinstance(value, FrozenMap) and len(value) <= MOST_CELLS:
            found |= {f"{name}[{show_key(k)}]": "cell" for k in value}
    network = message_variable(walk.protocol)
    if network is not None:
        held = walk.protocol.variables()[network].type
        assert isinstance(held, MessagesType)
        found |= {f"{COUNTED}{r.__name__}": "messages" for r in held.messages}
    properties = (*walk.description.properties, *walk.description.finals)
    return found | {p.name: "property" for p in properties}


def quotient_json(
    whole: WholeGraph, known: dict[str, str], names: list[str], here: int | None
) -> dict[str, Any]:
    """The classes of states that agree on some of the known expressions. Raises InputError."""
    for name in names:
        if name not in known:
            model = whole.explorer.description.name
            raise InputError(f"{name[:80]}: not one of the expressions of {model}")
    chosen = tuple((name, known[name]) for name in names)
    if chosen not in whole.classes:
        whole.classes = {chosen: _classes(whole, chosen)}  # the last ones are kept
    classes, values = whole.classes[chosen]
    extent = {**whole.extent(), "classes": len(values), "most": MOST_CLASSES}
    if len(values) > MOST_CLASSES:
        return extent
    sizes = np.bincount(classes, minlength=len(values))
    first = np.unique(classes, return_index=True)[1]
    return {
        **extent,
        "names": names,
        "nodes": [
            {
                "values": list(value),
                "states": int(sizes[k]),
                "first": int(first[k]),
                "layer": int(whole.depth[first[k]]),
                "initial": bool((classes[: whole.graph.initial] == k).any()),
                "here": here is not None and int(classes[here]) == k,
            }
            for k, value in enumerate(values)
        ],
        "edges": _edges(whole, classes),
    }


def _classes(
    whole: WholeGraph, chosen: tuple[tuple[str, str], ...]
) -> tuple[Numbers, list[tuple[str, ...]]]:
    """The number of each state's class, and what the expressions are in each class."""
    with whole.explorer.sizes:
        readers = [_reader(whole, name, kind) for name, kind in chosen]
        numbers: dict[tuple[str, ...], int] = {}
        found = np.empty(whole.graph.nodes, np.int64)
        for k, words in enumerate(whole.rows):
            row = words.tobytes()
            value = tuple(read(k, row) for read in readers)
            found[k] = numbers.setdefault(value, len(numbers))
    return found, list(numbers)


def _reader(whole: WholeGraph, name: str, kind: str) -> Reader:
    if kind == "property":
        return _property(whole, name)
    network = message_variable(whole.explorer.protocol)
    showing = Showing(whole.explorer.packing, whole.explorer.description.variables, network)

    def read(variable: str, told: Callable[[Value], str]) -> Reader:
        texts: dict[Value, str] = {}

        def text(_: int, row: Row) -> str:
            value = showing.value(row, variable)
            if value not in texts:
                texts[value] = told(value)
            return texts[value]

        return text

    if kind == "messages":
        tag = name.removeprefix(COUNTED)
        assert network is not None
        held = whole.explorer.description.by_name[network].type
        if isinstance(held, MessagesType):  # those of one class are decoded by themselves
            place = [r.__name__ for r in held.messages].index(tag)
            return lambda _, row: str(len(showing.messages(row)[place]))
        return read(network, lambda value: str(_number(value, tag)))
    if kind == "variable":
        return read(name, show)
    variable, _, key = name.removesuffix("]").partition("[")
    return read(variable, lambda value: show(_cell(value, key)))


def _number(value: Value, tag: str) -> int:
    """How many messages of a class a network holds."""
    queues = value.values() if isinstance(value, FrozenMap) else [value]
    held = [m for q in queues if isinstance(q, frozenset | tuple) for m in q]
    return sum(isinstance(m, Record) and m.tag == tag for m in held)


def _cell(value: Value, key: str) -> Value:
    assert isinstance(value, FrozenMap)
    return next(held for k, held in value.items() if show_key(k) == key)


def _property(whole: WholeGraph, name: str) -> Reader:
    if whole.graph.nodes > MOST_EVALUATED:
        raise InputError(
            f"{name}: a property is evaluated in at most {MOST_EVALUATED:,} states, and there are "
            f"{whole.graph.nodes:,}; choose variables, or take smaller sizes"
        )

    def text(k: int, _: Row) -> str:
        held = truth(whole.explorer.interpreter, name, whole.explorer.state(k))
        return "undefined" if held is None else "true" if held else "false"

    return text


def _edges(whole: WholeGraph, classes: Numbers) -> list[dict[str, Any]]:
    """Between different classes: how many transitions there are, and of which actions."""
    g = whole.graph
    names = [label.action for label in g.edge_labels]
    actions = sorted(set(names))
    action_of = np.array([actions.index(name) for name in names], np.int64)
    a, b = classes[g.sources], classes[g.targets]
    kept = a != b
    triples = np.stack([a[kept], b[kept], action_of[g.labels[kept]]], axis=1)
    each, counts = np.unique(triples, axis=0, return_counts=True)
    found: dict[tuple[int, int], dict[str, int]] = {}
    for (source, target, action), n in zip(each.tolist(), counts.tolist(), strict=True):
        found.setdefault((source, target), {})[actions[action]] = n
    return [{"from": s, "to": t, "actions": done} for (s, t), done in found.items()]
