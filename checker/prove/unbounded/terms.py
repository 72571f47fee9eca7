"""From the core IR to values over one state: terms, sequences, records, and None instead."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import z3

from quorate.checker.prove.linear import arithmetic, is_linear
from quorate.model.language.declare.types import (
    BoolType,
    MapType,
    OptionType,
    SeqType,
    SetType,
    Type,
)
from quorate.model.language.ir import core as c

from .logic import Cases, Formula, Term, mapped, single
from .signature import Signature, UnsupportedError
from .states import Env, State
from .values import (
    MessageValue,
    OptionalValue,
    SeqComp,
    SequenceValue,
    Value,
    at,
    choose,
    concatenation,
    held,
    is_flagged,
    listed,
    parts,
    prefix,
    suffix,
)


@dataclass
class TermTranslator(ABC):
    """Reads values in one state. Raises UnsupportedError."""

    signature: Signature
    state: State

    @abstractmethod
    def formula(self, e: c.Expr, env: Env) -> Formula:
        """A condition."""

    def value(self, e: c.Expr, env: Env) -> Value:
        """A value of any type but sets and maps."""
        match e:
            case c.Var(name=name):
                return env[name]  # type: ignore[no-any-return]
            case c.Read(variable=variable, keys=keys) if not isinstance(e.type, SetType | MapType):
                return self._looked_up(variable, [self.term(k, env) for k in keys])
            case c.Unwrap(of=of) if is_flagged(of.type):
                return self.optional(of, env).of
            case c.At(of=of, index=index) if isinstance(of.type, SeqType):
                return at(self.sequence(of, env), self.term(index, env))
            case c.At(of=c.Field(of=of, name=name), index=index):
                message = self.message(of, env)
                if message.index != index:
                    raise UnsupportedError("a map of a message at several keys", e.span)
                return message.fields[name]  # type: ignore[no-any-return]
            case c.Field(type=MapType()):
                raise UnsupportedError("a map of a message as a whole", e.span)
            case c.Field(of=of, name=name):
                return self.message(of, env).fields[name]  # type: ignore[no-any-return]
            case c.Ite(test=test, then=then, orelse=orelse):
                p = self.formula(test, env)
                return choose(p, self.value(then, env), self.value(orelse, env))
        return self._made(e, env)

    def _looked_up(self, variable: str, keys: list[Cases]) -> Value:
        (_, last), *others = reversed(mapped_rows(keys))
        found = self.state.cell(variable, last)
        for condition, row in others:
            found = choose(condition, self.state.cell(variable, row), found)
        return found

    def _made(self, e: c.Expr, env: Env) -> Value:
        """A value that is made of others."""
        match e:
            case c.Lit(value=None, type=OptionType(inner)) if is_flagged(e.type):
                return OptionalValue(False, self._anything(inner))
            case c.Some(of=of) if is_flagged(e.type):
                return OptionalValue(True, self.value(of, env))
            case c.Some(of=of) | c.Unwrap(of=of) | c.Convert(of=of):
                return self.value(of, env)
            case c.MakeRecord(record=record, args=args):
                named = zip(record.field_types().items(), args, strict=True)
                return MessageValue(
                    {n: self.value(a, env) for (n, t), a in named if not isinstance(t, MapType)}
                )
            case c.Prefix(of=of, count=count):
                return prefix(self.sequence(of, env), self.term(count, env))
            case c.Suffix(of=of, count=count):
                return suffix(self.sequence(of, env), self.term(count, env))
            case c.Concat(left=left, right=right):
                return concatenation(self.sequence(left, env), self.sequence(right, env))
            case c.MakeSeq(items=items, type=SeqType(element, _)):
                empty, number = self._anything(element), self.signature.number
                return listed([self.value(x, env) for x in items], empty, number)
            case SeqComp():
                return self._comprehended(e, env)
            case c.Len(of=of) if isinstance(of.type, SeqType):
                return self.sequence(of, env).length
            case c.Arith(op=op, left=left, right=right) if is_linear(e):
                return mapped(
                    lambda x, y: arithmetic(op, x, y), self.term(left, env), self.term(right, env)
                )
            case c.Lit(value=value):
                return single(self.signature.literal(value, e.type, e.span))
        if e.type == BoolType():
            return self.signature.truth(self.formula(e, env))
        raise unsupported(e)

    def _comprehended(self, e: SeqComp, env: Env) -> SequenceValue:
        """The value at a position is that of the element for the item, or number, there."""
        (binder,) = e.binders

        def made(x: Value) -> Value:
            return self.value(e.element, {**env, binder.var.name: x})

        match binder.domain:
            case c.OverMembers(of=of):
                items = self.sequence(of, env)
                return SequenceValue(items.length, lambda i: made(items.item(i)))
            case c.OverRange(lower=c.Lit(value=0), upper=upper):
                return SequenceValue(self.term(upper, env), lambda i: made(single(i)))
        raise unsupported(e)

    def _anything(self, t: Type) -> Value:
        """Some value of this type: what is past the end of a sequence, or there instead of None."""
        sort = self.signature.sort
        functions = {n: z3.Function(f"no {t}{n}", sort(of)) for n, (_, of) in parts(t).items()}
        return held(functions, t, [])

    # ------------------------------------------------------------ by kind

    def term(self, e: c.Expr, env: Env) -> Cases:
        """A value of a sort, an enum, a quorum system, bool, or one of these or None; a number."""
        return self.value(e, env)  # type: ignore[return-value]

    def sequence(self, e: c.Expr, env: Env) -> SequenceValue:
        """A sequence."""
        return self.value(e, env)  # type: ignore[return-value]

    def optional(self, e: c.Expr, env: Env) -> OptionalValue:
        """A value that may be None, where a flag says so."""
        return self.value(e, env)  # type: ignore[return-value]

    def message(self, e: c.Expr, env: Env) -> MessageValue:
        """A message or a record; of what may be None, the record where it is one."""
        found = self.value(e, env)
        return found.of if isinstance(found, OptionalValue) else found  # type: ignore[return-value]


def mapped_rows(keys: list[Cases]) -> list[tuple[Formula, tuple[Term, ...]]]:
    """The alternatives of several terms at once."""
    packed = mapped(lambda *row: row, *keys)
    return [(condition, row) for condition, row in packed]


WORDS = {
    "Arith": "arithmetic",
    "As": "unions",
    "At": "maps and sequences as values",
    "Concat": "sequences",
    "Count": "counting",
    "Extreme": "the least or greatest of many",
    "Field": "records",
    "Filter": "filters of sequences",
    "Is": "unions",
    "Len": "counting",
    "MakeMap": "maps as values",
    "MakeRecord": "records",
    "MakeSeq": "sequences",
    "OneOf": "unions",
    "Prefix": "sequences",
    "Suffix": "sequences",
}


def unsupported(e: c.Expr) -> UnsupportedError:
    """That an expression is not covered."""
    return UnsupportedError(WORDS.get(type(e).__name__, f"values of type {e.type}"), e.span)
