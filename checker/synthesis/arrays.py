"""Conditions of the modelling language over many states at once, with values for their variables.

A row is a state with a value for each variable. An expression is one array over the rows: of
truth values, or of codes as `checker/ground/values.py` numbers them. If an expression is undefined
in a row (a field of None), its entry is arbitrary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from quorate.checker.ground.proper import shift
from quorate.model.language.declare.types import (
    BoolType,
    EnumType,
    MapType,
    OptionType,
    QuorumType,
    Record,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
    key_values,
)
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import walk

from .batch import Array, Batch, Env


class UncoveredError(Exception):
    """An expression that candidates do not contain."""


class Valuations:
    """Rows over a batch: the state of each, and the values of the variables."""

    def __init__(self, batch: Batch, state: Array, env: Env) -> None:
        self.batch, self.state, self.env = batch, state, env

    @classmethod
    def over(cls, batch: Batch, binders: Sequence[c.Binder]) -> Valuations:
        """All states with all values of these variables."""
        found = cls(batch, np.arange(len(batch.states)), {})
        for b in binders:
            found = found._bound(b)
        return found

    def _bound(self, b: c.Binder) -> Valuations:
        name = b.var.name
        if isinstance(b.domain, c.OverType):
            codes = np.array([int(v) for v in self.batch.layout.values.proper(b.domain.type)])
            env = {
                n: _rows_of(v, np.repeat(np.arange(len(self.state)), len(codes)))
                for n, v in self.env.items()
            }
            state = np.repeat(self.state, len(codes))
            return Valuations(self.batch, state, {**env, name: np.tile(codes, len(self.state))})
        assert isinstance(b.domain, c.OverSent)
        where: list[Array] = []
        fields: list[tuple[int, Env]] = []
        for present, message in self.batch.messages(b.domain.variable, b.domain.record):
            rows = np.flatnonzero(present[self.state])
            where.append(rows)
            fields.append((len(rows), message))
        chosen = np.concatenate(where) if where else np.zeros(0, np.int64)
        env = {n: _rows_of(v, chosen) for n, v in self.env.items()}
        record = {n: _columns(n, fields) for n in b.domain.record.field_types()}
        return Valuations(self.batch, self.state[chosen], {**env, name: record})

    def __len__(self) -> int:
        return len(self.state)

    # ------------------------------------------------------------ conditions

    def truth(self, e: c.Expr) -> Array:
        """The rows in which a condition holds. Raises UncoveredError."""
        found = self._value(e, self.env)
        return np.broadcast_to(np.asarray(found).astype(np.bool_), self.state.shape)

    def _value(self, e: c.Expr, env: Env) -> Any:
        method = getattr(self, f"_{type(e).__name__.lower()}", None)
        if method is None:
            raise UncoveredError(type(e).__name__)
        return method(e, env)

    def _var(self, e: c.Var, env: Env) -> Any:
        return env[e.name]

    def _lit(self, e: c.Lit, env: Env) -> Any:
        return int(self.batch.layout.values.constant(e.value, e.type))

    def _some(self, e: c.Some, env: Env) -> Any:
        return self._value(e.of, env) + 1

    def _unwrap(self, e: c.Unwrap, env: Env) -> Any:
        return np.maximum(self._value(e.of, env) - 1, 0)

    def _field(self, e: c.Field, env: Env) -> Any:
        return self._value(e.of, env)[e.name]

    def _at(self, e: c.At, env: Env) -> Any:
        assert isinstance(e.of.type, MapType)
        columns = np.stack(np.broadcast_arrays(*self._value(e.of, env)))
        index = self._value(e.index, env) - shift(e.of.type.keys[0])
        index = np.broadcast_to(index, self.state.shape)
        return np.broadcast_to(columns, (len(columns), len(self.state)))[
            index, np.arange(len(self.state))
        ]

    def _cell(self, e: c.Read, env: Env) -> Any:
        """The index of the cell that is read."""
        variable = self.batch.layout.description.variable(e.variable)
        types = variable.type.keys if isinstance(variable.type, MapType) else ()
        index: Any = 0
        for key, t in zip(e.keys, types, strict=True):
            size = len(list(key_values((t,))))
            index = index * size + self._value(key, env) - shift(t)
        return index

    def _read(self, e: c.Read, env: Env) -> Any:
        parts = self.batch.layout.parts[e.variable]
        index = self._cell(e, env)
        if len(parts) == 1 and _is_scalar(e.type):
            return self.batch.table(parts[0])[self.state, index]
        if isinstance(e.type, SetType):
            return tuple(self.batch.table(p)[self.state, index] != 0 for p in parts)
        raise UncoveredError(str(e.type))

    def _sent(self, e: c.Sent, env: Env) -> Any:
        if not isinstance(e.message, c.MakeRecord):
            raise UncoveredError("a message as a whole")
        record = e.message.record
        names = tuple(record.field_types())
        codes = [self._value(a, env) for a in e.message.args]
        return self._looked_up(e.variable, record, names, codes)

    def _looked_up(
        self, variable: str, record: type[Record], names: tuple[str, ...], codes: Sequence[Any]
    ) -> Any:
        sizes = [self.batch.layout.values.size(record.field_types()[n]) for n in names]
        index: Any = 0
        for code, size in zip(codes, sizes, strict=True):
            index = index * size + code
        return self.batch.sent(variable, record, names)[self.state, index]

    def _eq(self, e: c.Eq, env: Env) -> Any:
        x, y = self._value(e.left, env), self._value(e.right, env)
        if isinstance(x, (tuple, dict)) or isinstance(y, (tuple, dict)):
            raise UncoveredError("comparing compound values")
        return np.equal(x, y)

    def _less(self, e: c.Less, env: Env) -> Any:
        return np.less(self._value(e.left, env), self._value(e.right, env))

    def _lesseq(self, e: c.LessEq, env: Env) -> Any:
        return np.less_equal(self._value(e.left, env), self._value(e.right, env))

    def _not(self, e: c.Not, env: Env) -> Any:
        return np.logical_not(self._value(e.arg, env))

    def _and(self, e: c.And, env: Env) -> Any:
        return _joined(np.logical_and, [self._value(a, env) for a in e.args])

    def _or(self, e: c.Or, env: Env) -> Any:
        return _joined(np.logical_or, [self._value(a, env) for a in e.args])

    def _ite(self, e: c.Ite, env: Env) -> Any:
        parts = [self._value(x, env) for x in (e.test, e.then, e.orelse)]
        return np.where(*parts)

    # ------------------------------------------------------------ sets

    def members(self, e: c.Expr, env: Env) -> tuple[Any, ...]:
        """For each element of a set's or quorum's type, whether it is a member."""
        values = self.batch.layout.values
        if isinstance(e.type, QuorumType):
            element = SortType(e.type.system.of)
            quorums = list(e.type.values())
            table = np.array([[x in q for q in quorums] for x in values.members_of(element)])
            code = self._value(e, env)
            return tuple(row[code] for row in table)
        found = self._value(e, env)
        if not isinstance(found, tuple):
            raise UncoveredError("sets")
        return found

    def _member(self, e: c.Member, env: Env) -> Any:
        if isinstance(e.of.type, SeqType):
            raise UncoveredError("items of a sequence")
        bits = self.members(e.of, env)
        item = e.item
        if isinstance(item, c.MakeRecord):
            code: Any = 0
            sizes = [self.batch.layout.values.size(t) for t in item.record.field_types().values()]
            for arg, size in zip(reversed(item.args), reversed(sizes), strict=True):
                code = code * size + self._value(arg, env)
        else:
            code = self._value(item, env)
        table = np.stack([np.broadcast_to(b, self.state.shape) for b in bits])
        return table[np.broadcast_to(code, self.state.shape), np.arange(len(self.state))]

    def _subset(self, e: c.Subset, env: Env) -> Any:
        pairs = zip(self.members(e.left, env), self.members(e.right, env), strict=True)
        return _joined(np.logical_and, [~np.asarray(x) | y for x, y in pairs])

    # ------------------------------------------------------------ quantifiers

    def _quant(self, e: c.Quant, env: Env) -> Any:
        if (given := _exact(e)) is not None:
            (binder,) = e.binders
            assert isinstance(binder.domain, c.OverSent)
            codes = [self._value(x, env) for x in given.values()]
            return self._looked_up(
                binder.domain.variable, binder.domain.record, tuple(given), codes
            )
        found = np.full(self.state.shape, e.forall)
        for premise, inner in self._choices(e.binders, env):
            body = self._value(e.body, inner)
            found = found & (~premise | body) if e.forall else found | premise & body
        return found

    def choices(self, binders: Sequence[c.Binder]) -> Iterator[tuple[Array, Env]]:
        """Every choice of values for more variables, and in which rows it exists."""
        return self._choices(binders, self.env)

    def _choices(self, binders: Sequence[c.Binder], env: Env) -> Iterator[tuple[Array, Env]]:
        """Every choice of values for the binders, and in which rows it exists."""
        if not binders:
            yield np.ones(self.state.shape, np.bool_), env
            return
        first, *rest = binders
        if first.when is not None:
            raise UncoveredError("a domain without a value")
        for premise, value in self._domain(first, env):
            if premise.any():
                for more, inner in self._choices(rest, {**env, first.var.name: value}):
                    yield premise & more, inner

    def _domain(self, b: c.Binder, env: Env) -> Iterator[tuple[Array, Any]]:
        match b.domain:
            case c.OverType(type=t):
                for value in self.batch.layout.values.proper(t):
                    yield np.ones(self.state.shape, np.bool_), int(value)
            case c.OverSent(variable=variable, record=record):
                for present, message in self.batch.messages(variable, record):
                    yield present[self.state], message
            case c.OverMembers(of=of) if isinstance(b.var.type, SortType):
                for code, inside in enumerate(self.members(of, env)):
                    yield np.broadcast_to(inside, self.state.shape), code
            case _:
                raise UncoveredError("a domain")


def _joined(operation: Any, parts: Sequence[Any]) -> Any:
    found = parts[0]
    for p in parts[1:]:
        found = operation(found, p)
    return found


def _exact(e: c.Quant) -> dict[str, c.Expr] | None:
    """The fields that `any(x.f == ... and x.g == ... for x in sent)` asks for, if it is one."""
    if e.forall or len(e.binders) != 1 or not isinstance(e.binders[0].domain, c.OverSent):
        return None
    name = e.binders[0].var.name
    found: dict[str, c.Expr] = {}
    for part in e.body.args if isinstance(e.body, c.And) else (e.body,):
        match part:
            case c.Eq(left=c.Field(of=c.Var(name=n), name=field), right=right) if n == name:
                if field in found or any(
                    isinstance(v, c.Var) and v.name == name for v in walk(right)
                ):
                    return None
                found[field] = right
            case _:
                return None
    return found


def _is_scalar(t: Type) -> bool:
    inner = t.inner if isinstance(t, OptionType) else t
    return isinstance(inner, (SortType, EnumType, BoolType, QuorumType))


def _rows_of(value: Any, rows: Array) -> Any:
    if isinstance(value, dict):
        return {n: _rows_of(v, rows) for n, v in value.items()}
    if isinstance(value, tuple):
        return tuple(_rows_of(v, rows) for v in value)
    return value[rows]


def _columns(name: str, fields: Sequence[tuple[int, Env]]) -> Any:
    counts = [n for n, _ in fields]
    values = [m[name] for _, m in fields]
    if values and isinstance(values[0], tuple):
        return tuple(np.repeat(np.array(v), counts) for v in zip(*values, strict=True))
    return np.repeat(np.array(values, np.int64), counts)


__all__ = ["Batch", "RecordType", "UncoveredError", "Valuations"]
