"""Conjunctions and disjunctions, joined once and found again, mean what their parts mean."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from quorate.checker.ground.columns import Column
from quorate.checker.ground.nodes import Graph, Node

CELLS = 2
SIZE = 3
STATES = list(itertools.product(range(SIZE), repeat=CELLS))

TESTS = st.tuples(st.just("isin"), st.integers(0, CELLS - 1), st.integers(0, (1 << SIZE) - 1))
FORMULAS: st.SearchStrategy[Any] = st.recursive(
    TESTS | st.booleans(),
    lambda inner: (
        st.tuples(st.just("not"), inner)
        | st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, max_size=4))
    ),
    max_leaves=12,
)


def made(graph: Graph, column: Column, formula: Any) -> Any:
    match formula:
        case ("isin", cell, mask):
            return graph.isin(graph.load(column, cell), mask)
        case ("not", p):
            return graph.not_(made(graph, column, p))
        case ("and" | "or" as op, parts):
            join = graph.and_ if op == "and" else graph.or_
            return join([made(graph, column, p) for p in parts])
    return formula


def meaning(formula: Any, state: tuple[int, ...]) -> bool:
    match formula:
        case ("isin", cell, mask):
            return bool(mask >> state[cell] & 1)
        case ("not", p):
            return not meaning(p, state)
        case ("and", parts):
            return all(meaning(p, state) for p in parts)
        case ("or", parts):
            return any(meaning(p, state) for p in parts)
    return bool(formula)


def value(p: Any, state: tuple[int, ...]) -> bool:
    if not isinstance(p, Node):
        return bool(p)
    match p.op:
        case "isin":
            return bool(p.args[1] >> state[p.args[0].args[1]] & 1)
        case "not":
            return not value(p.args[0], state)
        case "and":
            return all(value(q, state) for q in p.args)
    assert p.op == "or"
    return any(value(q, state) for q in p.args)


@given(st.lists(FORMULAS, max_size=4))
def test_found_again_it_is_the_same_and_costs_the_same(formulas: list[Any]) -> None:
    graph, column = Graph(), Column("x", CELLS, SIZE)
    for formula in formulas:
        before = graph.terms
        first = made(graph, column, formula)
        once = graph.terms - before
        assert made(graph, column, formula) is first
        assert graph.terms - before == 2 * once
        assert [value(first, s) for s in STATES] == [meaning(formula, s) for s in STATES]
