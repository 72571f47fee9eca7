"""Walking, substituting and building nodes, and that no translator forgets a kind of node."""

from __future__ import annotations

import ast
import inspect
import pickle
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, replace
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import quorate.checker.export.tla.expressions
import quorate.checker.export.tla.quantifiers
import quorate.checker.export.tla.terms
import quorate.checker.ground.containers
import quorate.checker.ground.evaluate
import quorate.checker.ground.quantifiers
import quorate.checker.prove.unbounded.binding
import quorate.checker.prove.unbounded.terms
import quorate.checker.prove.unbounded.translate
from quorate.model.language.declare.types import NatType
from quorate.model.language.diagnostics import Span
from quorate.model.language.ir import core as c
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.build import FALSE, TRUE, conjunction, disjunction, negation
from quorate.model.language.ir.traverse import children, free, rebuilt, substituted, walk

NUMBER = NatType(None)


def var(name: str) -> c.Var:
    return c.Var(name=name, type=NUMBER)


def test_nodes_are_frozen_values() -> None:
    """A node is made like a dataclass, though not by the code that `dataclass` would write."""
    here, there = var("x"), c.Var(name="x", type=NUMBER, span=Span("f", 3, 1, 3, 2))
    assert here == there and hash(here) == hash(there) and here.span is not there.span
    assert here != var("y") and here != c.Lit(value="x", type=NUMBER)
    assert c.Some(of=here, type=NUMBER) != c.Unwrap(of=here, type=NUMBER)
    assert repr(here) == f"Var(type={NUMBER!r}, name='x')"
    assert replace(here, name="y") == var("y") and pickle.loads(pickle.dumps(here)) == here
    with pytest.raises(FrozenInstanceError):
        here.name = "y"  # type: ignore[misc]
    with pytest.raises(TypeError, match=r"^Var: colour missing or unknown$"):
        replace(here, colour="red")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^Var: name missing or unknown$"):
        c.Var(type=NUMBER)  # type: ignore[call-arg]


def less(x: c.Expr, y: c.Expr) -> c.Expr:
    return c.Less(left=x, right=y, type=c.BOOL)


def number(n: int) -> c.Lit:
    return c.Lit(value=n, type=NUMBER)


NAMES = ("x", "y", "z")
LARGEST = 2
Environment = dict[str, int]

Conditions = st.SearchStrategy[Any]

leaves = st.sampled_from(NAMES).map(var) | st.integers(0, LARGEST).map(number)
bounds = st.builds(
    lambda name, upper: c.Binder(var=var(name), domain=c.OverRange(lower=number(0), upper=upper)),
    st.sampled_from(NAMES),
    leaves,
)


def larger(inner: Conditions) -> Conditions:
    """Conditions around conditions: connectives, and all that binds."""
    binders = st.builds(replace, bounds, when=st.none() | inner)
    bound = st.lists(binders, min_size=1, max_size=2).map(tuple)
    counts = st.builds(
        lambda bs, body: c.Count(binders=bs, condition=body, type=NUMBER), bound, inner
    )
    return (
        st.builds(negation, inner)
        | st.builds(lambda a, b: c.And(args=(a, b), type=c.BOOL), inner, inner)
        | st.builds(less, leaves, counts)
        | st.builds(
            lambda forall, bs, body: c.Quant(forall=forall, binders=bs, body=body, type=c.BOOL),
            st.booleans(),
            bound,
            inner,
        )
    )


conditions: Conditions = st.recursive(st.builds(less, leaves, leaves), larger, max_leaves=6)
terms = leaves | st.builds(
    lambda test, x, y: c.Ite(test=test, then=x, orelse=y, type=NUMBER), conditions, leaves, leaves
)


def value(e: Any, env: Environment) -> int:
    """The obvious meaning; a binder whose `when` is false ranges over nothing."""
    match e:
        case c.Var(name=name):
            return env[name]
        case c.Lit(value=constant):
            return int(constant)
        case c.Less(left=left, right=right):
            return value(left, env) < value(right, env)
        case c.Not(arg=arg):
            return not value(arg, env)
        case c.And(args=args):
            return all(value(a, env) for a in args)
        case c.Or(args=args):
            return any(value(a, env) for a in args)
        case c.Ite(test=test, then=then, orelse=orelse):
            return value(then if value(test, env) else orelse, env)
        case c.Quant(forall=forall, binders=bs, body=body):
            found = (bool(value(body, inner)) for inner in choices(bs, env))
            return all(found) if forall else any(found)
        case c.Count(binders=bs, condition=condition):
            return sum(bool(value(condition, inner)) for inner in choices(bs, env))
    raise AssertionError(e)


def choices(bs: tuple[c.Binder, ...], env: Environment) -> Iterator[Environment]:
    if not bs:
        yield env
        return
    first, *rest = bs
    assert isinstance(first.domain, c.OverRange)
    if first.when is not None and not value(first.when, env):
        return
    for n in range(value(first.domain.lower, env), value(first.domain.upper, env)):
        yield from choices(tuple(rest), {**env, first.var.name: n})


@given(conditions, st.dictionaries(st.sampled_from(NAMES), terms, max_size=2))
def test_substitution_means_another_environment(e: c.Expr, put: dict[str, c.Expr]) -> None:
    """Hence nothing that is put in is captured."""
    env = {"x": 1, "y": 2, "z": 0}
    inside = {**env, **{name: value(t, env) for name, t in put.items()}}
    assert value(substituted(e, put), env) == value(e, inside)


@given(conditions)
def test_free_names_are_those_that_matter(e: c.Expr) -> None:
    needed = free(e)
    value(e, dict.fromkeys(needed, 1))  # no other name is looked up
    for name in needed:
        assert substituted(e, {name: number(7)}) != e


def test_a_captured_name_gets_another_one() -> None:
    some = c.Binder(var=var("y"), domain=c.OverRange(lower=number(0), upper=number(3)))
    e = c.Quant(forall=False, binders=(some,), body=less(var("x"), var("y")), type=c.BOOL)
    put = substituted(e, {"x": var("y")})
    assert free(put) == {"y": var("y")}
    assert put.binders[0].var.name == "y'1"


def test_what_does_not_change_is_the_same() -> None:
    e = conjunction([less(var("x"), var("y")), negation(less(var("y"), number(1)))])
    assert rebuilt(e, lambda part: part) is e
    assert substituted(e, {"z": number(0)}) is e


@given(st.lists(conditions | st.sampled_from([TRUE, FALSE]), max_size=4))
def test_connectives_mean_what_they_say(parts: list[Any]) -> None:
    env = {"x": 1, "y": 2, "z": 0}
    truths = [bool(value(p, env)) for p in parts]
    assert bool(value(conjunction(parts), env)) == all(truths)
    assert bool(value(disjunction(parts), env)) == any(truths)
    for p, truth in zip(parts, truths, strict=True):
        assert bool(value(negation(p), env)) != truth


def test_effects_and_guards_are_walked() -> None:
    send = c.Send(variable="sent", message=var("m"), when=less(var("x"), var("y")))
    guard = c.Guard(condition=less(var("z"), number(1)))
    action = c.Action(name="a", parameters=(), guards=(guard,), effects=(send,), fault=None)
    assert {n.name for n in walk(action) if isinstance(n, c.Var)} == {"m", "x", "y", "z"}
    assert list(children(action)) == [guard, send]


# ---------------------------------------------------------------- every reading reads everything


def nodes_of(ir: ModuleType, *bases: type[Any]) -> set[str]:
    """The names of all concrete node classes of an IR that derive from one of these."""
    classes = (k for k in vars(ir).values() if inspect.isclass(k) and k.__module__ == ir.__name__)
    found = {k.__name__ for k in classes if issubclass(k, bases) and k not in bases}
    return {name for name in found if not name.startswith("_")}


def named_in(*modules: ModuleType) -> set[str]:
    """The names of node classes that occur in some modules: `c.Quant`, `s.Call`."""
    found: set[str] = set()
    for module in modules:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found.add(node.attr)
    return found


DOMAINS = (c.OverType, c.OverSent, c.OverMembers, c.OverRange)
READINGS = {
    "ground": (
        c,
        [
            quorate.checker.ground.containers,
            quorate.checker.ground.evaluate,
            quorate.checker.ground.quantifiers,
        ],
    ),
    "any size": (
        c,
        [
            quorate.checker.prove.unbounded.translate,
            quorate.checker.prove.unbounded.terms,
            quorate.checker.prove.unbounded.binding,
        ],
    ),
    "TLA+": (
        s,
        [
            quorate.checker.export.tla.expressions,
            quorate.checker.export.tla.quantifiers,
            quorate.checker.export.tla.terms,
        ],
    ),
}


# What a reading refuses in so many words.
REFUSED = {"any size": quorate.checker.prove.unbounded.terms.WORDS}


@pytest.mark.parametrize("reading", READINGS)
def test_every_reading_names_every_expression_and_domain(reading: str) -> None:
    ir, modules = READINGS[reading]
    wanted = nodes_of(ir, ir.Expr)
    if ir is c:
        wanted |= {d.__name__ for d in DOMAINS}
    named = named_in(*modules) | set(REFUSED.get(reading, ()))
    assert wanted <= named, wanted - named
