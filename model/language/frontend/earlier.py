"""What a variable holds after the statements so far, as an expression over the state before them.

An action runs as in CPython: a read sees what was written above it. The engines read every
expression in the state before the step. So a read after a write becomes the value that was
written, under the tests of the `if`s and for the elements of the loops that the write stands in.
The statements so far are in that form already, so one pass over them in order is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import (
    BoolType,
    EnumType,
    MapType,
    MessagesType,
    NatType,
    OptionType,
    SortType,
    Type,
)
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import bottom_of
from quorate.model.language.ir.traverse import transformed, walk

from .narrowing import plain

Names = Mapping[int, s.Expr]
After = Callable[[s.Statement, s.Expr], s.Expr]
"""What a value becomes by a statement."""


class NotKnown(Exception):
    """What is read depends on which round of a loop was the last, or has no form here."""


def value_now(read: s.StateRead, done: Sequence[s.Statement]) -> s.Expr:
    """The value of a variable or cell after these statements. Raises NotKnown."""
    found: s.Expr = read
    for statement in done:
        found = _value_after(statement, read, found)
    return found


def sent_now(test: s.Compare, done: Sequence[s.Statement]) -> s.Expr:
    """Whether `message in self.sent` holds after these statements. Raises NotKnown."""
    found: s.Expr = test
    for statement in done:
        found = _sent_after(statement, test, found)
    return found


def settled(e: s.Expr, names: Names, done: Sequence[s.Statement]) -> s.Expr:
    """The body of a helper, with its parameters given, after these statements. Raises NotKnown."""

    def put(node: Any) -> Any:
        match node:
            case s.Name(uid=uid) if uid in names:
                return names[uid]
            case s.Call(parameters=parameters, args=args, body=body):
                given = [settled(a, names, done) for a in args]
                pairs = zip(parameters, given, strict=True)
                return settled(body, {p.uid: typed(a, p.type) for p, a in pairs}, done)
            case s.StateRead(keys=keys):
                return value_now(
                    replace(node, keys=tuple(settled(k, names, done) for k in keys)), done
                )
            case s.Compare(first=first, rest=((op, s.SentMessages(record=None) as sent),)):
                message = settled(first, names, done)
                test = replace(node, first=message, rest=(("in", sent),))
                found = sent_now(test, done)
                return found if op == "in" else s.Not(arg=found, type=s.BOOL, span=node.span)
            case s.SentMessages() if written(done, node.variable):
                raise NotKnown
        return None

    found: s.Expr = transformed(e, put)
    return found


def typed(e: s.Expr, t: Type) -> s.Expr:
    """A value as one of type t, which its own type fits."""
    return e if e.type == t else s.Declared(of=e, type=t, span=e.span)


def _given(e: s.Expr, t: Type) -> s.Expr:
    """What an earlier statement evaluated, as a value of type t."""
    return s.Declared(of=e, type=t, written=True, span=e.span)


def _value_after(statement: s.Statement, read: s.StateRead, found: s.Expr) -> s.Expr:
    variable = read.variable
    if not written([statement], variable):
        return found
    match statement:
        case s.Assign(keys=keys, value=value):
            return _chosen(_equal(keys, read.keys), _given(value, read.type), found)
        case s.If():
            return _after_if(statement, found, lambda x, before: _value_after(x, read, before))
        case s.For():
            writes = [x for x in walk(statement) if _writes(x, variable)]
            cell = _own_cell(statement, writes)
            if cell is not None:
                return _round(statement, read.keys[cell], read, found)
            return _constant_write(statement, writes, read, found)
        case s.Crash(process=process) if isinstance(read.type, _PLAIN):
            reset = s.Constant(value=variable.initial, type=read.type, span=read.span)
            return _chosen(_equal((process,), read.keys[:1]), reset, found)
    raise NotKnown


def _after_if(statement: s.If, found: s.Expr, after: After) -> s.Expr:
    """The value after either block, chosen by the test."""
    yes = no = found
    for x in statement.then:
        yes = after(x, yes)
    for x in statement.orelse:
        no = after(x, no)
    return _chosen([_given(statement.test, s.BOOL)], yes, no)


def _round(loop: s.For, key: s.Expr, read: s.StateRead, found: s.Expr) -> s.Expr:
    """The value after the one round that writes the cell that is read: that of its key."""
    element = loop.generator.name

    def put(node: Any) -> Any:
        return key if isinstance(node, s.Name) and node.uid == element.uid else None

    after = found
    for x in loop.body:
        after = _value_after(transformed(x, put), read, after)
    return _chosen(_among(loop.generator, key), after, found)


def _constant_write(loop: s.For, writes: Sequence[Any], read: s.StateRead, found: s.Expr) -> s.Expr:
    """The value after a loop whose rounds all write one value, to whichever cells."""
    bound = {g.name.uid for g in walk(loop) if isinstance(g, s.Generator)}
    if len(writes) != 1 or not isinstance(writes[0], s.Assign):
        raise NotKnown
    if any(isinstance(x, s.Name) and x.uid in bound for x in walk(writes[0].value)):
        raise NotKnown
    (way,) = _ways(loop, writes[0])
    generators, tests = way
    tests = [*tests, *_equal(writes[0].keys, read.keys)]
    some = _any(generators, tests, read)
    return _chosen([some], _given(writes[0].value, read.type), found)


def _sent_after(statement: s.Statement, test: s.Compare, found: s.Expr) -> s.Expr:
    ((_, sent),) = test.rest
    assert isinstance(sent, s.SentMessages)
    if not written([statement], sent.variable):
        return found
    if not isinstance(sent.variable.type, MessagesType) or sent.variable.type.network is not None:
        raise NotKnown  # what is in flight is read before the step, in CPython, too
    match statement:
        case s.Send(message=m) if m.type == test.first.type:
            return _either(found, _all(_equal((m,), (test.first,))))
        case s.If():
            return _after_if(statement, found, lambda x, before: _sent_after(x, test, before))
        case s.For():
            for x in [x for x in walk(statement) if _writes(x, sent.variable)]:
                if x.message.type == test.first.type:
                    ((generators, tests),) = _ways(statement, x)
                    tests = [*tests, *_equal((x.message,), (test.first,))]
                    found = _either(found, _any(generators, tests, test))
    return found


def _ways(
    statement: s.Statement, target: s.Statement
) -> Iterator[tuple[list[s.Generator], list[s.Expr]]]:
    """The loops and tests on the way down to a statement."""
    if statement is target:
        yield [], []
    elif isinstance(statement, s.For):
        for x in statement.body:
            for generators, tests in _ways(x, target):
                yield [statement.generator, *generators], tests
    elif isinstance(statement, s.If):
        negated = s.Not(arg=statement.test, type=s.BOOL, span=statement.test.span)
        for block, test in ((statement.then, statement.test), (statement.orelse, negated)):
            for x in block:
                for generators, tests in _ways(x, target):
                    yield generators, [test, *tests]


def _any(generators: Sequence[s.Generator], tests: list[s.Expr], at: s.Expr) -> s.Expr:
    return s.Quantified(
        kind="any", element=_all(tests), generators=tuple(generators), type=s.BOOL, span=at.span
    )


def _own_cell(loop: s.For, writes: Sequence[Any]) -> int | None:
    """The position of the loop's element among the keys, the same in all writes."""
    if not all(isinstance(w, s.Assign) for w in writes):
        return None
    for i in range(len(writes[0].keys)):
        if all(w.keys[i] == loop.generator.name for w in writes):
            return i
    return None


def _among(generator: s.Generator, key: s.Expr) -> list[s.Expr]:
    """The tests that a key is one of the elements that a loop goes over."""
    over, t = generator.iterable, generator.iterable.type
    if isinstance(over, s.SortRange) and isinstance(t, SortType | EnumType) and not bottom_of(t):
        return []
    equal = _equal((generator.name,), (key,))
    return [_any([generator], equal, key)] if equal else []


def _equal(keys: Sequence[s.Expr], others: Sequence[s.Expr]) -> list[s.Expr]:
    """The tests that the keys are equal, without those that hold in every state."""
    pairs = zip(keys, others, strict=True)
    unsure = [(a, b) for a, b in pairs if plain(a) != plain(b) or not _fixed(b)]
    given = [(_given(a, a.type), b) for a, b in unsure]
    return [s.Compare(first=b, rest=(("==", a),), type=s.BOOL, span=b.span) for a, b in given]


def _fixed(key: s.Expr) -> bool:
    """Whether a key reads no variable: otherwise that read is kept, for the checks of loops."""
    return not any(isinstance(x, (s.StateRead, s.SentMessages)) for x in walk(key))


def _chosen(tests: list[s.Expr], then: s.Expr, orelse: s.Expr) -> s.Expr:
    if not tests:
        return then
    return s.Conditional(
        test=_all(tests), then=then, orelse=orelse, type=orelse.type, span=orelse.span
    )


def _all(tests: list[s.Expr]) -> s.Expr:
    if len(tests) == 1:
        return tests[0]
    return (
        s.Boolean(op="and", args=tuple(tests), type=s.BOOL, span=tests[0].span) if tests else _TRUE
    )


def _either(one: s.Expr, other: s.Expr) -> s.Expr:
    return s.Boolean(op="or", args=(one, other), type=s.BOOL, span=one.span)


def written(statements: Sequence[s.Statement], variable: Variable) -> bool:
    """Whether any of the statements may write a variable."""
    return any(_writes(node, variable) for x in statements for node in walk(x))


def _writes(node: Any, variable: Variable) -> bool:
    match node:
        case s.Crash(process=process):
            t = variable.type
            return variable.volatile and isinstance(t, MapType) and t.keys[0] == process.type
        case s.Assign() | s.Send() | s.Receive() | s.Drop():
            return bool(node.variable.name == variable.name)
    return False


_TRUE = s.Constant(value=True, type=s.BOOL)
_PLAIN = (BoolType, EnumType, NatType, OptionType, SortType)
