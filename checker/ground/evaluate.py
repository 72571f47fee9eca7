"""Core expressions to ground values: quantifiers unrolled, constants folded, one state read."""

from __future__ import annotations

from quorate.model.language.declare.types import (
    IntType,
    MapType,
    OptionType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
)
from quorate.model.language.declare.unions import UnionType
from quorate.model.language.ir import core as c
from quorate.model.language.ir.relations import INTEGER

from .arithmetic import Signed, above_of, aligned, computed, divided, product, signed
from .containers import ContainerEvaluation
from .evaluation import Closure, Env
from .nodes import Bool, Node, Scalar
from .shapes import Entries, Fields, Present, Value


class Evaluator(ContainerEvaluation):
    """Evaluates core expressions over the cells of one state, given a layout."""

    # ------------------------------------------------------------ leaves

    def _var(self, e: c.Var) -> Closure:
        name = e.name
        return lambda env: env[name]

    def _lit(self, e: c.Lit) -> Closure:
        value = self.v.constant(e.value, e.type)
        return lambda env: value

    def _read(self, e: c.Read) -> Closure:
        variable = self.description.variable(e.variable)
        types = variable.type.keys if isinstance(variable.type, MapType) else ()
        keys = [(self.closure(k), t) for k, t in zip(e.keys, types, strict=True)]

        def read(env: Env) -> Value:
            codes = [self.key_code(k(env), t, e.span) for k, t in keys]
            return self.cell(variable.name, self.layout.key_index(variable, codes))

        return read

    def _sent(self, e: c.Sent) -> Closure:
        message = self.closure(e.message)
        assert isinstance(e.message.type, RecordType)
        column = self.layout.messages[e.variable, e.message.type.record]

        def sent(env: Env) -> Bool:
            index, number, possible = column.locate(message(env).values)
            return self.g.and_([possible, self.g.eq(self.g.load(column.column, index), number)])

        return sent

    # ------------------------------------------------------------ records, options, maps

    def _some(self, e: c.Some) -> Closure:
        of = self.closure(e.of)
        if not self.v.is_scalar(e.type):
            return lambda env: Present(True, of(env))
        inner = e.of.type
        return lambda env: self.g.add(self.v.code(of(env), inner), 1)

    def _unwrap(self, e: c.Unwrap) -> Closure:
        of, t = self.closure(e.of), e.type
        what = f"None where a {t} is wanted"
        if not self.v.is_scalar(t):

            def inner(env: Env) -> Value:
                value = of(env)
                self._no_value(self.g.not_(value.present), e.span, what)
                return value.inner

            return inner

        def less_one(env: Env) -> Value:
            code = of(env)
            none = self.g.eq(code, 0)
            self._no_value(none, e.span, what)
            return self.v.decode(self.g.sub(self.g.select(none, 1, code), 1), t)

        return less_one

    def _oneof(self, e: c.OneOf) -> Closure:
        of, t = self.closure(e.of), e.of.type
        assert isinstance(e.type, UnionType)
        offset, what = self.v.offset(e.type, t), f"a number beyond its range, in a {e.type}"

        def inject(env: Env) -> Scalar:
            value = of(env)
            self._no_value(self.g.not_(self.v.fits(value, t)), e.span, what)
            return self.g.add(self.v.code(value, t), offset)

        return inject

    def _is(self, e: c.Is) -> Closure:
        of = self.closure(e.of)
        assert isinstance(e.of.type, UnionType)
        codes = ((1 << self.v.size(e.kind)) - 1) << self.v.offset(e.of.type, e.kind)
        return lambda env: self.g.isin(of(env), codes)

    def _as(self, e: c.As) -> Closure:
        """A code of another alternative stands for the first value of this one, by no meaning."""
        of, t, g = self.closure(e.of), e.type, self.g
        assert isinstance(e.of.type, UnionType)
        offset = self.v.offset(e.of.type, t)
        codes = ((1 << self.v.size(t)) - 1) << offset

        def project(env: Env) -> Value:
            code = of(env)
            here = g.isin(code, codes)
            self._no_value(g.not_(here), e.span, f"another value where a {t} is wanted")
            return self.v.decode(g.sub(g.select(here, code, offset), offset), t)

        return project

    def _field(self, e: c.Field) -> Closure:
        of = self.closure(e.of)
        optional = isinstance(e.of.type, OptionType)
        record = e.of.type.inner if isinstance(e.of.type, OptionType) else e.of.type
        assert isinstance(record, RecordType)
        position = list(record.fields).index(e.name)

        def field(env: Env) -> Value:
            value = of(env)
            if optional:
                self._no_value(self.g.not_(value.present), e.span, f"None has no `{e.name}`")
                value = value.inner
            return value.values[position]

        return field

    def _makerecord(self, e: c.MakeRecord) -> Closure:
        args = [self.closure(a) for a in e.args]
        return lambda env: Fields(tuple(a(env) for a in args))

    def _makemap(self, e: c.MakeMap) -> Closure:
        body, name = self.closure(e.body), e.var.name
        keys = self.v.proper(e.var.type)
        return lambda env: Entries(tuple(body({**env, name: k}) for k in keys))

    def _at(self, e: c.At) -> Closure:
        of, index = self.closure(e.of), self.closure(e.index)
        t = e.of.type

        def at(env: Env) -> Value:
            value = of(env)
            if isinstance(t, SeqType):
                position = index(env)
                self._no_value(
                    self.g.less_eq(value.length, position), e.span, "past the end of the sequence"
                )
                return self._pick(value.items, position, e.type)
            assert isinstance(t, MapType)
            code = self.key_code(index(env), t.keys[0], e.span)
            return self._pick(value.values, code, e.type)

        return at

    # ------------------------------------------------------------ numbers, comparisons

    def _arith(self, e: c.Arith) -> Closure:
        left, right, g = self.closure(e.left), self.closure(e.right), self.g
        if e.type == INTEGER:

            def compute(env: Env) -> Signed:
                x, y = left(env), right(env)
                if e.op in ("//", "%"):
                    self._no_value(g.eq(y.scalar, y.bias), e.span, "division by 0")
                return computed(g, e.op, x, y)

            return compute
        if e.op == "+":
            return lambda env: g.add(left(env), right(env))
        if e.op == "*":
            return lambda env: product(g, left(env), right(env))
        if e.op in ("//", "%"):

            def divide(env: Env) -> Scalar:
                x, y = left(env), right(env)
                self._no_value(g.eq(y, 0), e.span, "division by 0")
                return divided(g, e.op, x, y)

            return divide

        def subtract(env: Env) -> Scalar:
            x, y = left(env), right(env)
            negative = g.less(x, y)
            self._no_value(negative, e.span, "a number below 0")
            return g.select(negative, 0, g.sub(x, y))

        return subtract

    def _eq(self, e: c.Eq) -> Closure:
        left, right, t = self.closure(e.left), self.closure(e.right), e.left.type
        if isinstance(t, (QuorumType, SetType)):
            lt, rt = e.left.type, e.right.type

            def equal(env: Env) -> Bool:
                pairs = zip(self.bits(left(env), lt), self.bits(right(env), rt), strict=True)
                return self.g.and_(self.g.iff(p, q) for p, q in pairs)

            return equal
        return lambda env: self.v.same(left(env), right(env), t)

    def _convert(self, e: c.Convert) -> Closure:
        of, g, target = self.closure(e.of), self.g, e.type
        low = e.of.type.sort.low if isinstance(e.of.type, IntType) and e.of.type.sort else 0
        free = e.of.type == INTEGER

        def convert(env: Env) -> Value:
            found = of(env) if free else signed(g, low, of(env))
            if target == INTEGER:
                return found
            least = target.sort.low if isinstance(target, IntType) and target.sort else 0
            most = target.sort.high if isinstance(target, IntType) and target.sort else None
            code, below, above = above_of(g, found, least, most)
            self._no_value(below, e.span, f"a number below {least}")
            self._no_value(above, e.span, f"a number above {most}")
            return code

        return convert

    def _less(self, e: c.Less) -> Closure:
        left, right = self.closure(e.left), self.closure(e.right)
        if e.left.type == INTEGER:
            return lambda env: self.g.less(*aligned(self.g, left(env), right(env))[:2])
        return lambda env: self.g.less(left(env), right(env))

    def _lesseq(self, e: c.LessEq) -> Closure:
        left, right = self.closure(e.left), self.closure(e.right)
        if e.left.type == INTEGER:
            return lambda env: self.g.less_eq(*aligned(self.g, left(env), right(env))[:2])
        return lambda env: self.g.less_eq(left(env), right(env))

    # ------------------------------------------------------------ connectives

    def _not(self, e: c.Not) -> Closure:
        arg = self.closure(e.arg)
        return lambda env: self.g.not_(arg(env))

    def _and(self, e: c.And) -> Closure:
        return self._connective(e.args, stop=False)

    def _or(self, e: c.Or) -> Closure:
        return self._connective(e.args, stop=True)

    def _connective(self, args: tuple[c.Expr, ...], stop: bool) -> Closure:
        closures = [self.closure(a) for a in args]
        g = self.g
        join = g.or_ if stop else g.and_

        def evaluate(env: Env) -> Bool:
            depth = len(self._path)
            found: list[Bool] = []
            try:
                for closure in closures:
                    p = closure(env)
                    if p is stop:
                        return bool(stop)
                    found.append(p)
                    self._path.append(g.not_(p) if stop else p)
                return join(found)
            finally:
                del self._path[depth:]

        return evaluate

    def _ite(self, e: c.Ite) -> Closure:
        test, then, orelse = self.closure(e.test), self.closure(e.then), self.closure(e.orelse)
        t = e.type

        def evaluate(env: Env) -> Value:
            p = test(env)
            if not isinstance(p, Node):
                return then(env) if p else orelse(env)
            yes = self._under(p, then, env)
            no = self._under(self.g.not_(p), orelse, env)
            return self.v.choose(p, yes, no, t)

        return evaluate
