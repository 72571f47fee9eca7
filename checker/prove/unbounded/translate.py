"""From the core IR to formulas over one state, for any number of elements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from quorate.model.language import core as c
from quorate.model.language.types import (
    BoolType,
    QuorumType,
    RecordType,
    SetType,
    SortType,
    Type,
)

from .binding import comprehended, quantified
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
    fresh,
    iff,
    implies,
    lifted,
    mapped,
    neg,
    single,
)
from .states import Env, MessageValue, Set, State
from .vocabulary import UnsupportedError, Vocabulary


@dataclass
class Translator:
    """Reads expressions in one state. Raises UnsupportedError."""

    vocabulary: Vocabulary
    state: State

    # ------------------------------------------------------------ conditions

    def formula(self, e: c.Expr, env: Env) -> Formula:
        """A condition."""
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
            case c.Member(item=item, of=of):
                return lifted(self.members(of, env), self.term(item, env))
            case c.Subset(left=left, right=right):
                return self._subset(left, right, env)
            case c.Sent(message=message):
                return self._sent(message, env)
            case c.Quant(forall=forall, binders=binders, body=body):
                return quantified(self, forall, binders, body, env)
        if e.type == BoolType():
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
            return self._same_message(left, right, env)
        return lifted(equal, self.term(left, env), self.term(right, env))

    def _same_message(self, left: c.Expr, right: c.Expr, env: Env) -> Formula:
        one, other = self.message(left, env), self.message(right, env)
        if self.vocabulary.relations[left.type.record].wide:  # type: ignore[attr-defined]
            raise UnsupportedError("comparing messages that hold maps", left.span)
        return conj(lifted(equal, x, other.columns[n]) for n, x in one.columns.items())

    def _less_equal(self, left: c.Expr, right: c.Expr, env: Env) -> Formula:
        t = self._ordered(left)
        below = self.vocabulary.less_equal
        return lifted(lambda x, y: below(x, y, t), self.term(left, env), self.term(right, env))

    def _less(self, left: c.Expr, right: c.Expr, env: Env) -> Formula:
        if isinstance(right, c.Len) and left == c.Lit(value=0, type=left.type):
            return neg(self._is_empty(right.of, env))  # `if some_set:`
        return neg(self._less_equal(right, left, env))

    def _ordered(self, e: c.Expr) -> Type:
        self.vocabulary.sort(e.type, e.span)
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
        if (values := self.vocabulary.values(t)) is not None:
            return conj(map(says, values))
        x = fresh("x", self.vocabulary.sort(t))
        return every([x], says(x))

    def _sent(self, message: c.Expr, env: Env) -> Formula:
        if isinstance(message, c.Ite):
            test = self.formula(message.test, env)
            then, orelse = self._sent(message.then, env), self._sent(message.orelse, env)
            return disj([conj([test, then]), conj([neg(test), orelse])])
        record = message.type.record  # type: ignore[attr-defined]
        if self.vocabulary.relations[record].wide:
            raise UnsupportedError("asking for one message that holds maps", message.span)
        columns = self.message(message, env).columns.values()
        return lifted(lambda *row: self.state.sent(record, row), *columns)

    # ------------------------------------------------------------ terms

    def term(self, e: c.Expr, env: Env) -> Cases:
        """A value of a sort, an enum, a quorum system, bool, or one of these or None."""
        match e:
            case c.Var(name=name):
                return env[name]  # type: ignore[no-any-return]
            case c.Lit(value=value):
                return single(self.vocabulary.literal(value, e.type, e.span))
            case c.Read(variable=variable, keys=keys):
                self.vocabulary.sort(e.type, e.span)
                parts = [self.term(k, env) for k in keys]
                return self._looked_up(variable, parts)
            case c.Some(of=of) | c.Unwrap(of=of):
                return self.term(of, env)
            case c.Field(of=of, name=name) if isinstance(of.type, RecordType):
                if name not in (columns := self.message(of, env).columns):
                    raise UnsupportedError("a map of a message as a whole", e.span)
                return columns[name]
            case c.At(of=c.Field(of=of, name=name), index=index):
                message = self.message(of, env)
                if message.index != index:
                    raise UnsupportedError("a map of a message at several keys", e.span)
                return message.columns[name]
            case c.Ite(test=test, then=then, orelse=orelse):
                p = self.formula(test, env)
                return choice(p, self.term(then, env), self.term(orelse, env))
        if e.type == BoolType():
            return choice(
                self.formula(e, env),
                single(self.vocabulary.literal(True, e.type)),
                single(self.vocabulary.literal(False, e.type)),
            )
        raise unsupported(e)

    def _looked_up(self, variable: str, keys: list[Cases]) -> Cases:
        found: list[tuple[Formula, Term]] = []
        for condition, row in mapped_rows(keys):
            found += [(conj([condition, p]), x) for p, x in self.state.cell(variable, row)]
        return tuple(found)

    # ------------------------------------------------------------ sets

    def members(self, e: c.Expr, env: Env) -> Set:
        """A set or a quorum, as what its members are."""
        if isinstance(e.type, QuorumType):
            quorum, system = self.term(e, env), e.type.system
            is_member = self.vocabulary.is_member
            return lambda x: lifted(lambda q: is_member(x, q, system), quorum)
        match e:
            case c.Var(name=name):
                return env[name]  # type: ignore[no-any-return]
            case c.Read(variable=variable, keys=keys):
                self.vocabulary.sort(e.type.element, e.span)  # type: ignore[attr-defined]
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
        """A message by its columns."""
        match e:
            case c.Var(name=name) if isinstance(env[name], MessageValue):
                return env[name]  # type: ignore[no-any-return]
            case c.MakeRecord(record=record, args=args) if record in self.vocabulary.relations:
                names = record.field_types()
                narrow = [
                    (n, self.term(a, env))
                    for n, a in zip(names, args, strict=True)
                    if n in dict(self.vocabulary.relations[record].narrow)
                ]
                return MessageValue(dict(narrow))
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


WORDS = {
    "Arith": "arithmetic",
    "At": "maps and sequences as values",
    "Concat": "sequences",
    "Count": "counting",
    "Field": "records",
    "Len": "counting",
    "MakeMap": "maps as values",
    "MakeRecord": "records",
    "MakeSeq": "sequences",
    "Prefix": "sequences",
    "Suffix": "sequences",
}


def unsupported(e: c.Expr) -> UnsupportedError:
    """That an expression is not covered."""
    return UnsupportedError(WORDS.get(type(e).__name__, f"values of type {e.type}"), e.span)
