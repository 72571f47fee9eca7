"""From the core IR to formulas over one state, for any number of elements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import z3

from quorate.checker.prove.linear import arithmetic, is_linear
from quorate.model.language.declare.types import (
    BoolType,
    MapType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
)
from quorate.model.language.ir import core as c

from .binding import comprehended, quantified
from .extremes import ATOMS, without_extremes
from .logic import (
    Atom,
    Cases,
    Formula,
    Term,
    choice,
    conj,
    disj,
    equal,
    every,
    iff,
    implies,
    lifted,
    mapped,
    neg,
    single,
    some,
)
from .signature import Signature, UnsupportedError
from .states import Env, Set, State
from .values import (
    MessageValue,
    SequenceValue,
    Value,
    at,
    below,
    choose,
    concatenation,
    held,
    listed,
    parts,
    prefix,
    same,
    suffix,
)


@dataclass
class FirstOrderTranslator:
    """Reads expressions in one state. Raises UnsupportedError."""

    signature: Signature
    state: State

    # ------------------------------------------------------------ conditions

    def formula(self, e: c.Expr, env: Env) -> Formula:
        """A condition."""
        if isinstance(e, ATOMS) and (plain := without_extremes(e)) is not e:
            return self.formula(plain, env)
        match e:
            case c.Lit(value=value):
                return bool(value)
            case c.Not(arg=arg):
                return neg(self.formula(arg, env))
            case c.And(args=args):
                return conj(self.formula(x, env) for x in args)
            case c.Or(args=args):
                return disj(self.formula(x, env) for x in args)
            case c.Ite(test=test, then=then, orelse=orelse):
                p = self.formula(test, env)
                yes, no = self.formula(then, env), self.formula(orelse, env)
                return disj([conj([p, yes]), conj([neg(p), no])])
            case c.Eq(left=left, right=right):
                return self._equal(left, right, env)
            case c.LessEq(left=left, right=right):
                return self._less_equal(left, right, env)
            case c.Less(left=left, right=right):
                return self._less(left, right, env)
            case c.Member(item=item, of=of) if isinstance(of.type, SeqType):
                return self._is_item(item, of, env)
            case c.Member(item=item, of=of):
                return lifted(self.members(of, env), self.term(item, env))
            case c.Subset(left=left, right=right):
                return self._subset(left, right, env)
            case c.Sent(message=message):
                return self._sent(message, env)
            case c.Quant(forall=forall, binders=binders, body=body):
                return quantified(self, forall, binders, body, env)
        if e.type == BoolType() and isinstance(e, HOLDING):
            return lifted(Atom, self.term(e, env))
        raise unsupported(e)

    def _equal(self, left: c.Expr, right: c.Expr, env: Env) -> Formula:
        t = left.type
        if isinstance(t, BoolType):
            return iff(self.formula(left, env), self.formula(right, env))
        if isinstance(t, SetType):
            one, other = self.members(left, env), self.members(right, env)
            return self._all_elements(t.element, lambda x: iff(one(x), other(x)))
        if isinstance(t, RecordType):
            relation = self.signature.relations.get(t.record)
            if relation is not None and relation.wide:
                raise UnsupportedError("comparing messages that hold maps", left.span)
        return same(self.value(left, env), self.value(right, env), self.signature.fresh_number)

    def _is_item(self, item: c.Expr, of: c.Expr, env: Env) -> Formula:
        wanted, sequence = self.value(item, env), self.sequence(of, env)
        at = self.signature.fresh_number("at")
        here = same(sequence.item(at), wanted, self.signature.fresh_number)
        return some([at], conj([below(at, sequence.length), here]))

    def _less_equal(self, left: c.Expr, right: c.Expr, env: Env) -> Formula:
        t = self._ordered(left)
        below = self.signature.less_equal
        return lifted(lambda x, y: below(x, y, t), self.term(left, env), self.term(right, env))

    def _less(self, left: c.Expr, right: c.Expr, env: Env) -> Formula:
        some_set = isinstance(right, c.Len) and not isinstance(right.of.type, SeqType)
        if isinstance(right, c.Len) and some_set and left == c.Lit(value=0, type=left.type):
            return neg(self._is_empty(right.of, env))  # `if some_set:`
        return neg(self._less_equal(right, left, env))

    def _ordered(self, e: c.Expr) -> Type:
        self.signature.sort(e.type, e.span)
        return e.type

    def _is_empty(self, of: c.Expr, env: Env) -> Formula:
        if not isinstance(of.type, (SetType, QuorumType)):
            raise unsupported(of)
        inside = self.members(of, env)
        return self._all_elements(element_of(of.type), lambda x: neg(inside(x)))

    def _subset(self, left: c.Expr, right: c.Expr, env: Env) -> Formula:
        one, other = self.members(left, env), self.members(right, env)
        return self._all_elements(element_of(left.type), lambda x: implies(one(x), other(x)))

    def _all_elements(self, t: Type, says: Callable[[Term], Formula]) -> Formula:
        if (values := self.signature.values(t)) is not None:
            return conj(map(says, values))
        x = self.signature.fresh("x", self.signature.sort(t))
        return every([x], says(x))

    def _sent(self, message: c.Expr, env: Env) -> Formula:
        if isinstance(message, c.Ite):
            test = self.formula(message.test, env)
            then, orelse = self._sent(message.then, env), self._sent(message.orelse, env)
            return disj([conj([test, then]), conj([neg(test), orelse])])
        record = message.type.record  # type: ignore[attr-defined]
        if self.signature.relations[record].wide:
            raise UnsupportedError("asking for one message that holds maps", message.span)
        columns = self.message(message, env).columns
        v = self.signature
        chosen = [v.fresh(n, v.sort(t)) for n, t in record.field_types().items()]
        row, made, equations = [], [], []
        for x, (n, t) in zip(chosen, record.field_types().items(), strict=True):
            given = columns[n]
            if isinstance(given, SequenceValue):
                row.append(single(x))
                made.append(x)
                equations.append(same(given, v.column(x, t), v.fresh_number))
            else:
                row.append(given)
        sent = lifted(lambda *xs: self.state.sent(record, xs), *row)
        return some(made, conj([sent, *equations]))

    # ------------------------------------------------------------ values

    def value(self, e: c.Expr, env: Env) -> Value:
        """A value of any type but sets and maps."""
        match e.type:
            case SeqType():
                return self.sequence(e, env)
            case RecordType():
                return self.message(e, env)
        return self.term(e, env)

    def sequence(self, e: c.Expr, env: Env) -> SequenceValue:
        """A sequence."""
        match e:
            case c.Var(name=name):
                return env[name]  # type: ignore[no-any-return]
            case c.Read(variable=variable, keys=keys):
                return self._looked_up(variable, [self.term(k, env) for k in keys])  # type: ignore[return-value]
            case c.Field(of=of, name=name):
                return self.message(of, env).columns[name]  # type: ignore[no-any-return]
            case c.Prefix(of=of, count=count):
                return prefix(self.sequence(of, env), self.term(count, env))
            case c.Suffix(of=of, count=count):
                return suffix(self.sequence(of, env), self.term(count, env))
            case c.Concat(left=left, right=right):
                return concatenation(self.sequence(left, env), self.sequence(right, env))
            case c.MakeSeq(items=items, type=SeqType(element, _)):
                empty, number = self._anything(element), self.signature.number
                return listed([self.value(x, env) for x in items], empty, number)
            case c.Ite(test=test, then=then, orelse=orelse):
                p = self.formula(test, env)
                return choose(p, self.sequence(then, env), self.sequence(orelse, env))  # type: ignore[return-value]
        raise unsupported(e)

    def _anything(self, t: Type) -> Value:
        """Some value of this type: what is past the end of a sequence."""
        sort = self.signature.sort
        functions = {n: z3.Function(f"no {t}{n}", sort(of)) for n, (_, of) in parts(t).items()}
        return held(functions, t, [])

    # ------------------------------------------------------------ terms

    def term(self, e: c.Expr, env: Env) -> Cases:
        """A value of a sort, an enum, a quorum system, bool, or one of these or None."""
        match e:
            case c.Var(name=name):
                return env[name]  # type: ignore[no-any-return]
            case c.Lit(value=value):
                return single(self.signature.literal(value, e.type, e.span))
            case c.Read(variable=variable, keys=keys):
                self.signature.sort(e.type, e.span)
                return self._looked_up(variable, [self.term(k, env) for k in keys])  # type: ignore[return-value]
            case c.Some(of=of) | c.Unwrap(of=of) | c.Convert(of=of):
                return self.term(of, env)
            case c.Field(of=of, name=name) if isinstance(of.type, RecordType):
                if name not in (columns := self.message(of, env).columns):
                    raise UnsupportedError("a map of a message as a whole", e.span)
                return columns[name]  # type: ignore[no-any-return]
            case c.At(of=of, index=index) if isinstance(of.type, SeqType):
                return at(self.sequence(of, env), self.term(index, env))  # type: ignore[return-value]
            case c.Len(of=of) if isinstance(of.type, SeqType):
                return self.sequence(of, env).length
            case c.Arith(op=op, left=left, right=right) if is_linear(e):
                return mapped(
                    lambda x, y: arithmetic(op, x, y), self.term(left, env), self.term(right, env)
                )
            case c.At(of=c.Field(of=of, name=name), index=index):
                message = self.message(of, env)
                if message.index != index:
                    raise UnsupportedError("a map of a message at several keys", e.span)
                return message.columns[name]  # type: ignore[no-any-return]
            case c.Ite(test=test, then=then, orelse=orelse):
                p = self.formula(test, env)
                return choice(p, self.term(then, env), self.term(orelse, env))
        if e.type == BoolType():
            return choice(
                self.formula(e, env),
                single(self.signature.literal(True, e.type)),
                single(self.signature.literal(False, e.type)),
            )
        raise unsupported(e)

    def _looked_up(self, variable: str, keys: list[Cases]) -> Value:
        (_, last), *others = reversed(mapped_rows(keys))
        found = self.state.cell(variable, last)
        for condition, row in others:
            found = choose(condition, self.state.cell(variable, row), found)
        return found

    # ------------------------------------------------------------ sets

    def members(self, e: c.Expr, env: Env) -> Set:
        """A set or a quorum, as what its members are."""
        if isinstance(e.type, QuorumType):
            quorum, system = self.term(e, env), e.type.system
            is_member = self.signature.is_member
            return lambda x: lifted(lambda q: is_member(x, q, system), quorum)
        match e:
            case c.Var(name=name):
                return env[name]  # type: ignore[no-any-return]
            case c.Read(variable=variable, keys=keys):
                self.signature.sort(e.type.element, e.span)  # type: ignore[attr-defined]
                parts = [self.term(k, env) for k in keys]
                return lambda x: lifted(lambda *row: self.state.contains(variable, row, x), *parts)
            case c.MakeSet(items=items):
                terms = [self.term(i, env) for i in items]
                return lambda x: disj(lifted(equal, single(x), t) for t in terms)
            case c.SetOp(op=op, left=left, right=right):
                return self._set_operation(op, self.members(left, env), self.members(right, env))
            case c.SetComp():
                return comprehended(self, e, env)
            case c.Ite(test=test, then=then, orelse=orelse):
                p = self.formula(test, env)
                yes, no = self.members(then, env), self.members(orelse, env)
                return lambda x: disj([conj([p, yes(x)]), conj([neg(p), no(x)])])
        raise unsupported(e)

    def _set_operation(self, op: str, left: Set, right: Set) -> Set:
        if op == "|":
            return lambda x: disj([left(x), right(x)])
        if op == "&":
            return lambda x: conj([left(x), right(x)])
        return lambda x: conj([left(x), neg(right(x))])

    # ------------------------------------------------------------ messages

    def message(self, e: c.Expr, env: Env) -> MessageValue:
        """A message or a record by its columns."""
        match e:
            case c.Read(variable=variable, keys=keys):
                return self._looked_up(variable, [self.term(k, env) for k in keys])  # type: ignore[return-value]
            case c.At(of=of, index=index) if isinstance(of.type, SeqType):
                return at(self.sequence(of, env), self.term(index, env))  # type: ignore[return-value]
            case c.Ite(test=test, then=then, orelse=orelse):
                p = self.formula(test, env)
                return choose(p, self.message(then, env), self.message(orelse, env))  # type: ignore[return-value]
            case c.Var(name=name) if isinstance(env[name], MessageValue):
                return env[name]  # type: ignore[no-any-return]
            case c.MakeRecord(record=record, args=args):
                named = zip(record.field_types().items(), args, strict=True)
                return MessageValue(
                    {n: self.value(a, env) for (n, t), a in named if not isinstance(t, MapType)}
                )
        raise unsupported(e)


def mapped_rows(keys: list[Cases]) -> list[tuple[Formula, tuple[Term, ...]]]:
    """The alternatives of several terms at once."""
    packed = mapped(lambda *row: row, *keys)
    return [(condition, row) for condition, row in packed]


def element_of(t: Type) -> Type:
    """What the members of a set or quorum are."""
    if isinstance(t, QuorumType):
        return SortType(t.system.of)
    assert isinstance(t, SetType), t
    return t.element


HOLDING = (c.Var, c.Read, c.Unwrap, c.Field, c.At)  # what may hold a truth value
WORDS = {
    "Arith": "arithmetic",
    "As": "unions",
    "At": "maps and sequences as values",
    "Concat": "sequences",
    "Count": "counting",
    "Extreme": "the least or greatest of many",
    "Field": "records",
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
