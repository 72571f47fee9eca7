"""Random expressions of every type of the language, as source."""

from __future__ import annotations

from collections.abc import Callable

from .many import Many
from .types import BOOL, NUMBER, SIMPLE, Cell, T, Var


class Expressions(Many):
    """Writes expressions over what is declared."""

    def key(self, t: T) -> str:
        """An expression that can be a key; seldom one that may be the bottom, or out of range."""
        if t.kind == "bool":
            return self.expr(t, -1)
        known = [v.text for v in self.scope if v.type == t and v.proper]
        if known and self.chance(85):
            return self.r.choice(known)
        if t.kind in ("sort", "ordered") and self.chance(50):
            return f"{t.name.lower()}0"
        plain = [
            f"self.{c.name}"
            for c in self.cells
            if c.type == t and not c.keys and c.name not in self.hidden
        ]
        if t.kind == "int":
            return self.r.choice((self.literal(t, 0), self.literal(t, 0), self.expr(t, -1)))
        if t.kind == "nat":
            return self.r.choice(("0", "0", self.expr(t, -1), *plain))
        if t.kind == "bottomed":
            plain = plain if self.chance(20) else []
            return self.r.choice(known or plain or ["ballot0"] * 9 + ["Ballot.never"])
        return self.r.choice([self.expr(t, -1), *plain])

    def expr(self, t: T, depth: int) -> str:
        """A random expression of a type."""
        options: list[Callable[[], str]] = []
        for v in self.scope:
            if v.type == t:
                options += [lambda v=v: v.text] * 3
            if v.type.kind == "pair":
                items = [i for i, ft in enumerate(v.type.parts) if ft == t]
                options += [lambda v=v, i=i: f"{v.text}[{i}]" for i in items] * 3
            for name, ft in v.type.fields:
                if ft == t:
                    options += [lambda v=v, name=name: f"{v.text}.{name}"] * 3
            for of, mt in ((v.text, v.type), *((f"{v.text}.{n}", ft) for n, ft in v.type.fields)):
                if mt.kind == "map" and mt.parts[1] == t and depth >= 0:
                    options += [lambda of=of, k=mt.parts[0]: f"{of}[{self.key(k)}]"] * 3
        if depth >= 0:
            for c in self.cells:
                if c.type == t and c.name not in self.hidden:
                    options += [lambda c=c: self.read(c)] * 3
                if t == BOOL and c.name not in self.hidden and c.type.kind in SIMPLE:
                    options.append(lambda c=c: f"({self.read(c)} {self.sign()} {self.value(c)})")
        if depth > 0:
            for c in self.cells:
                if c.type.kind == "record" and c.name not in self.hidden:
                    options += [
                        lambda c=c, name=name: f"{self.read(c)}.{name}"
                        for name, ft in c.type.fields
                        if ft == t
                    ]
            for name, types, result in self.defines:
                if result == t and not self.hidden:
                    options.append(lambda n=name, ts=types: self.call(n, ts))
            options += getattr(self, f"of_{t.kind}")(t, depth)
        if t == BOOL and depth <= 0:
            comparable = [v for v in self.scope if v.type.kind in SIMPLE]
            for v in comparable:
                w = self.r.choice([w for w in comparable if w.type == v.type])
                options.append(lambda v=v, w=w: f"({v.text} {self.sign()} {w.text})")
        if not options or self.chance(2):
            options.append(lambda: self.literal(t, depth))
        return self.r.choice(options)()

    def sign(self) -> str:
        return self.r.choice(("==", "!="))

    def value(self, c: Cell) -> str:
        """Something to compare a cell with."""
        known = [v.text for v in self.scope if v.type == c.type]
        return self.r.choice([*known, self.literal(c.type, 0)])

    def read(self, c: Cell) -> str:
        keys = f"[{', '.join(self.key(k) for k in c.keys)}]" if c.keys else ""
        return f"self.{c.name}{keys}"

    def call(self, name: str, types: tuple[T, ...]) -> str:
        return f"self.{name}({', '.join(self.expr(t, 1) for t in types)})"

    def literal(self, t: T, depth: int) -> str:
        match t.kind:
            case "number" | "nat":
                return self.r.choice(("0", "0", "1", "2"))
            case "int":
                return self.r.choice(("-2", "-1", "0", "1"))
            case "option":
                return "None" if self.chance(50) else self.expr(t.parts[0], 0)
            case "pair":
                return self.pair(t, 0)
            case "set":
                return f"{{{self.member(t.parts[0], 0)}}}"
            case "seq":
                return self.r.choice(("()", f"({self.expr(t.parts[0], 0)},)"))
            case "record" | "message":
                return self.record(t, 0)
            case "map":
                return self.mapping(t, 0)
            case "bottomed":
                return self.r.choice(("Ballot.never", "ballot0"))
        return self._constant(t)

    def record(self, t: T, depth: int) -> str:
        args = [self.expr(f, depth - 1) for _, f in t.fields]
        if self.chance(20):
            args = [f"{n}={a}" for (n, _), a in zip(t.fields, args, strict=True)]
        return f"{t.name}({', '.join(args)})"

    def mapping(self, t: T, depth: int) -> str:
        key, value = t.parts
        name = self.new("k")
        self.scope.append(Var(name, key, proper=True))
        text = f"{{{name}: {self.expr(value, depth)} for {name} in {key.name}}}"
        self.scope.pop()
        return text

    def conditional(self, t: T, d: int) -> str:
        return f"({self.expr(t, d - 1)} if {self.expr(BOOL, d - 1)} else {self.expr(t, d - 1)})"

    # One method per kind: what may stand for a value of it, besides names and reads.

    def narrowed(self, t: T, d: int) -> str:
        """A value that a test shows not to be None, used as a value."""
        known = [(self.read(c), c.type) for c in self.cells if c.name not in self.hidden]
        known += [(f"{v.text}.{n}", ft) for v in self.scope for n, ft in v.type.fields]
        known += [(v.text, v.type) for v in self.scope]
        unions = [(text, ft) for text, ft in known if ft.kind == "union"]
        if unions and self.aside(50):
            return self.told_apart(t, d, *self.r.choice(unions))
        optional = [(text, ft.parts[0]) for text, ft in known if ft.kind == "option"]
        if not optional:
            return self.expr(t, d - 1)
        text, inner = self.r.choice(optional)
        twins = [other for other, ft in optional if ft == inner and other != text]
        if t == BOOL and twins and inner.kind in SIMPLE:
            return self.compared(text, self.r.choice(twins), inner)
        self.scope += [Var(text, inner)] * 3
        used = self.expr(t, d - 1)
        del self.scope[-3:]
        if t != BOOL or self.chance(30):
            return f"({used} if {text} is not None else {self.expr(t, d - 1)})"
        return self.r.choice((f"({text} is not None and {used})", f"({text} is None or {used})"))

    def told_apart(self, t: T, d: int, text: str, union: T) -> str:
        """A value of a union, used as one of a type where a test shows that it is."""
        one, other, *rest = self.r.sample(union.parts, len(union.parts))
        self.scope += [Var(text, one)] * 3
        used = self.expr(t, d - 1)
        self.scope[-3:] = [Var(text, other)] * 3
        otherwise = self.expr(t, d - 1)
        del self.scope[-3:]
        test, several = f"isinstance({text}, {one})", ", ".join(map(str, [one, *rest]))
        if rest:  # of three, where it is not one of two it is the third
            return (
                f"({otherwise} if not isinstance({text}, ({several})) else {self.expr(t, d - 1)})"
            )
        if t != BOOL or self.chance(30):
            return f"({used} if {test} else {otherwise})"
        return self.r.choice((f"({test} and {used})", f"({test} or {otherwise})"))

    def compared(self, x: str, y: str, t: T) -> str:
        """Two values that may be None, compared where both are there."""
        test = f"{x} {self.r.choice(('<', '<=', '==', '!=') if t.ordered else ('==', '!='))} {y}"
        return self.r.choice(
            (
                f"({x} is None or {y} is None or not {test})",
                f"({x} is not None and {y} is not None and {test})",
                f"(not ({x} is None or {y} is None) and {test})",
                f"({test} if {x} is not None and {y} is not None else {x} == {y})",
                f"({x} is None or ({y} is not None and {test}))",
            )
        )

    def of_bool(self, t: T, d: int) -> list[Callable[[], str]]:
        found = [
            lambda: self.comparison(d),
            lambda: self.comparison(d),
            lambda: self.comparison(d),
            lambda: self.quantifier(d),
            lambda: self.quantifier(d),
            lambda: f"(not {self.expr(BOOL, d - 1)})",
            lambda: f"({self.expr(BOOL, d - 1)} and {self.expr(BOOL, d - 1)})",
            lambda: f"({self.expr(BOOL, d - 1)} or {self.expr(BOOL, d - 1)})",
            lambda: self.conditional(BOOL, d),
            lambda: self.membership(d),
            lambda: self.narrowed(BOOL, d),
        ]
        if self.messages and "sent" not in self.hidden:
            found += [lambda: self.asked(d)] * 2
        many = [self.read(c) for c in self.readable("set", "seq")]
        many += [v.text for v in self.scope if v.type.kind in ("list", "set")]
        if many and self.aside(15, "truth"):
            found += [lambda: f"(not {self.r.choice(many)})"] * 2
        return found

    def asked(self, d: int) -> str:
        word = self.r.choice(("in", "not in"))
        m = self.r.choice(self.messages)
        return f"({self.record(m, d)} {word} {self.held(m)})"

    def membership(self, d: int) -> str:
        sets = [T("set", parts=(t,)) for t in self.of_kind("sort", "enum", "bottomed")]
        quorums = [v for v in self.scope if v.type.kind == "quorum"]
        rows = [c for c in self.cells if c.type.kind == "seq" and c.name not in self.hidden]
        if rows and self.aside(40):
            c = rows[0]
            item = self.expr(c.type.parts[0], d - 1)
            return f"({item} {self.r.choice(('in', 'not in'))} {self.read(c)})"
        if quorums and self.chance(60):
            q = self.r.choice(quorums)
            return f"({self.expr(q.type.parts[0], d - 1)} in {q.text})"
        s = self.r.choice(sets)
        item = self.expr(s.parts[0], d - 1)
        return f"({item} {self.r.choice(('in', 'not in'))} {self.known_set(s, d)})"

    def known_set(self, s: T, d: int) -> str:
        """A set whose type is plain to see (which an empty one is not)."""
        reads = [self.read(c) for c in self.cells if c.type == s and c.name not in self.hidden]
        reads += [v.text for v in self.scope if v.type == s]
        reads.append(f"{{{self.member(s.parts[0], d - 1)}}}")
        found = self.r.choice(reads)
        if self.chance(25):
            found = f"({found} {self.r.choice('|&-')} {self.r.choice(reads)})"
        return found

    def comparison(self, d: int) -> str:
        kinds: list[Callable[[], str]] = []
        plain = [t for t in (BOOL, *self.basic, *self.records) if t.kind not in ("nat", "int")]

        def equal() -> str:
            t = self.r.choice(plain)
            signs = ("==", "!=")
            if t.kind in ("bool", "sort", "ordered", "enum") and self.aside(20, "identity"):
                signs = ("is", "is not")
            return f"({self.expr(t, d - 1)} {self.r.choice(signs)} {self.expr(t, d - 1)})"

        def order() -> str:
            t = self.r.choice([t for t in [*self.basic, *self.records] if t.ordered] or [NUMBER])
            op = self.r.choice(("<", "<=", ">", ">=", "==", "!="))
            if self.chance(15):
                middle = self.expr(t, d - 1)
                return f"({self.expr(t, d - 1)} < {middle} <= {self.expr(t, d - 1)})"
            return f"({self.expr(t, d - 1)} {op} {self.expr(t, d - 1)})"

        def numbers() -> str:
            op = self.r.choice(("<", "<=", ">", ">=", "==", "!="))
            return f"({self.expr(NUMBER, d - 1)} {op} {self.expr(NUMBER, d - 1)})"

        kinds += [equal, order, numbers]
        optional = [c for c in self.cells if c.type.kind == "option" and c.name not in self.hidden]
        if optional:
            o = self.r.choice(optional)
            inner = o.type.parts[0]
            kinds += [
                lambda: f"({self.read(o)} is {self.r.choice(('', 'not '))}None)",
                lambda: f"({self.read(o)} == {self.expr(inner, d - 1)})",
            ]
            if inner.kind == "record":
                name, ft = inner.fields[0]
                if self._plain(ft):
                    kinds.append(lambda: f"({self.read(o)}.{name} == {self.expr(ft, d - 1)})")
                    kinds.append(
                        lambda: (
                            f"({self.read(o)} is not None and "
                            f"{self.read(o)}.{name} == {self.expr(ft, d - 1)})"
                        )
                    )
        unions = [c for c in self.cells if c.type.kind == "union" and c.name not in self.hidden]
        if unions:
            u = self.r.choice(unions)
            kinds += [
                lambda: (
                    f"({self.read(u)} {self.sign()} {self.expr(self.r.choice(u.type.parts), 0)})"
                ),
                lambda: f"({self.read(u)} {self.sign()} {self.read(u)})",
                lambda: f"isinstance({self.read(u)}, {self.r.choice(u.type.parts)})",
            ]
        compound = [
            c
            for c in self.cells
            if c.type.kind in ("seq", "set", "pair") and c.name not in self.hidden
        ]
        if compound:
            c = self.r.choice(compound)
            op = "<=" if c.type.kind == "set" and self.chance(50) else "=="
            if op == "<=" and self.aside(30, "subsets"):
                op = self.apart("subset").choice(("<", ">=", ">"))
            kinds += [lambda: f"({self.read(c)} {op} {self.expr(c.type, d - 1)})"] * 2
            if c.type.kind == "seq" and self._plain(c.type.parts[0]):
                element = c.type.parts[0]
                kinds += [
                    lambda: (
                        f"(len({self.read(c)}) > 0 and "
                        f"{self.read(c)}[-1] == {self.expr(element, d - 1)})"
                    ),
                    lambda: f"({self.read(c)}[{self.position(d)}] == {self.expr(element, d - 1)})",
                ]
            if c.type.kind == "set" and self.quorums and c.type.parts == self.quorums[0].parts:
                q = self.new("q")
                kinds.append(lambda: f"any({q} <= {self.read(c)} for {q} in Quo)")
        return self.r.choice(kinds)()

    def position(self, d: int) -> str:
        return self.r.choice(("0", "0", "1", self.expr(NUMBER, d - 1)))

    def quantifier(self, d: int) -> str:
        outer = list(self.scope)
        generators = []
        for _ in range(self.r.choice((1, 1, 1, 2))):
            over, var = self.iterable(d - 1)
            text = f"for {self.bound(var)} in {over}"
            if self.chance(30):
                text += f" if {self.expr(BOOL, d - 1)}"
            generators.append(text)
        body = self.expr(BOOL, d - 1)
        self.scope = outer
        return f"{self.r.choice(('any', 'all'))}({body} {' '.join(generators)})"

    def bound(self, var: Var, prefix: str = "x") -> str:
        """A name for each value that is iterated, now in scope; perhaps one for each of a pair."""
        if var.type.kind != "pair" or not self.aside(60, "unpack"):
            name = self.new(prefix)
            self.scope.append(Var(name, var.type, var.proper))
            return name
        names = [Var(self.new(prefix), t) for t in var.type.parts]
        self.scope += names
        return ", ".join(v.text for v in names)

    def iterable(self, d: int) -> tuple[str, Var]:
        """Something to iterate, and what its elements are."""
        choices: list[tuple[str, Var]] = [(t.name, Var("", t, True)) for t in self.basic]
        choices += [(q.name, Var("", q, True)) for q in self.quorums]
        choices += [
            (v.text, Var("", v.type.parts[0], True))
            for v in self.scope
            if v.type.kind in ("quorum", "set", "list")
        ] * 2
        if not self.hidden & {"sent", "all sent"}:
            choices += [(f"{self.held(m)}[{m.name}]", Var("", m)) for m in self.messages] * 3
        if d > 0:
            for c in self.cells:
                if c.type.kind in ("set", "seq") and c.name not in self.hidden:
                    proper = c.type.kind == "set"
                    choices.append((self.read(c), Var("", c.type.parts[0], proper)))
            if self.chance(20):
                least = f"{self.expr(NUMBER, 0)}, " if self.aside(30, "range") else ""
                choices.append((f"range({least}{self.expr(NUMBER, d - 1)})", Var("", NUMBER)))
            if self.messages and not self.hidden & {"sent", "all sent"} and self.chance(30):
                m = self.r.choice(self.messages)
                name = self.new("m")
                self.scope.append(Var(name, m))
                test = self.expr(BOOL, d - 1)
                self.scope.pop()
                choices.append(
                    (f"[{name} for {name} in {self.held(m)}[{m.name}] if {test}]", Var("", m))
                )
        return self.r.choice(choices)

    def of_sort(self, t: T, d: int) -> list[Callable[[], str]]:
        narrowed = [lambda: self.narrowed(t, d)] if d > 0 else []
        found = [lambda: self.literal(t, d), lambda: self.conditional(t, d), *narrowed]
        return [*found, lambda: self.extreme(t, d)] if d > 0 and self.aside(50) else found

    def of_ordered(self, t: T, d: int) -> list[Callable[[], str]]:
        found = self.of_sort(t, d)
        word = self.r.choice(("min", "max"))
        found.append(lambda: f"{word}({self.expr(t, d - 1)}, {self.expr(t, d - 1)})")
        if any(line.startswith(f"class {t.name}(Ring)") for line in self.lines):
            beside = self.r.choice(("next", "prev"))
            found += [lambda: f"{self.expr(t, d - 1)}.{beside}"] * 2
        return found

    of_bottomed = of_ordered
    of_enum = of_sort

    def of_nat(self, t: T, d: int) -> list[Callable[[], str]]:
        found = self.of_number(t, d)
        return [lambda: self.literal(t, d), *found]

    def of_int(self, t: T, d: int) -> list[Callable[[], str]]:
        found = [
            lambda: self.literal(t, d),
            lambda: f"min({self.expr(t, d - 1)}, {self.expr(t, d - 1)})",
            lambda: f"max(-2, min(1, {self.signed(t, d)}))",
            lambda: f"max(-2, min(1, {self.signed(t, d)}))",
            lambda: self.conditional(t, d),
        ]
        return [*found, lambda: self.signed(t, d)] if self.chance(20) else found

    def signed(self, t: T, d: int) -> str:
        """A number that may be outside the range."""
        x, y, n = self.expr(t, d - 1), self.expr(t, d - 1), self.expr(NUMBER, d - 1)
        return self.r.choice(
            (
                f"({x} - {y})",
                f"({x} * {y} + {n})",
                f"(-{x} // 2)",
                f"({x} - {n}) % 3",
                f"({x} % -2)",
                f"({x} // {y} if {y} != 0 else {x})",
            )
        )

    def of_number(self, t: T, d: int) -> list[Callable[[], str]]:
        found = [
            lambda: self.literal(t, d),
            lambda: f"({self.expr(t, d - 1)} + 1)" if self.chance(50) else self.literal(t, d),
            lambda: f"min({self.expr(t, d - 1)}, {self.expr(t, d - 1)})",
            lambda: f"max({self.expr(t, d - 1)}, {self.expr(t, d - 1)})",
            lambda: self.arithmetic(d) if self.aside(40) else self.counted(d),
            lambda: self.extreme(t, d) if self.aside(50) else self.summed(d),
            lambda: self.conditional(t, d),
        ]
        if self.aside(25, "sums"):
            found += [lambda: self.summed(d)] * 2
        known = [v.text for v in self.scope if v.type.kind in ("nat", "number")]
        if known:
            x = self.r.choice(known)
            found.append(lambda: f"({x} - 1 if 0 < {x} else {self.literal(t, d)})")
            if t.kind == "number":
                found += [lambda: x] * 2
        return found

    def arithmetic(self, d: int) -> str:
        x, y = self.expr(NUMBER, d - 1), self.expr(NUMBER, d - 1)
        return self.r.choice(
            (
                f"({x} * {y})",
                f"(2 * {x})",
                f"({x} // 2)",
                f"(({x} + 1) % 2)",
                f"({x} {self.r.choice(('//', '%'))} ({y} + 1))",
                f"({x} % {y} if {y} > 0 else {x})",
                f"({x} // {y})",
            )
        )

    def counted(self, d: int) -> str:
        cells = [c for c in self.cells if c.type.kind in ("seq", "set")]
        cells = [c for c in cells if c.name not in self.hidden]
        if cells and self.chance(60):
            return f"len({self.read(self.r.choice(cells))})"
        known = [v.text for v in self.scope if v.type.kind in ("quorum", "list")]
        if known and self.chance(40):
            return f"len({self.r.choice(known)})"
        sort = self.r.choice(self.basic)
        if self.aside(25, "size"):
            return f"len({sort.name})"
        name = self.new("c")
        self.scope.append(Var(name, sort, True))
        test = self.expr(BOOL, d - 1)
        self.scope.pop()
        return f"len([{name} for {name} in {sort.name} if {test}])"

    def of_option(self, t: T, d: int) -> list[Callable[[], str]]:
        inner = t.parts[0]
        return [lambda: "None", lambda: self.expr(inner, d - 1), lambda: self.expr(inner, d - 1)]

    def of_union(self, t: T, d: int) -> list[Callable[[], str]]:
        found = [lambda x=x: self.expr(x, d - 1) for x in t.parts] * 2
        return [*found, lambda: self.conditional(t, d)]

    def of_record(self, t: T, d: int) -> list[Callable[[], str]]:
        of_many = [lambda: self.extreme(t, d)] if d > 0 and self.aside(50) else []
        if t.compared and d > 0:
            word = self.r.choice(("min", "max"))
            of_many.append(lambda: f"{word}({self.expr(t, d - 1)}, {self.expr(t, d - 1)})")
        return [lambda: self.record(t, d), *of_many]

    def pair(self, t: T, d: int) -> str:
        return f"({', '.join(self.expr(x, d - 1) for x in t.parts)})"

    def of_pair(self, t: T, d: int) -> list[Callable[[], str]]:
        cells = [c for c in self.cells if c.type == t and c.name not in self.hidden]
        known = [lambda: self.read(self.r.choice(cells))] if cells else []
        return [lambda: self.pair(t, d), *known]

    def of_quorum(self, t: T, d: int) -> list[Callable[[], str]]:
        return []

    def of_message(self, t: T, d: int) -> list[Callable[[], str]]:
        return [lambda: self.record(t, d)]

    def of_map(self, t: T, d: int) -> list[Callable[[], str]]:
        return [lambda: self.mapping(t, d - 1)]

    def of_set(self, t: T, d: int) -> list[Callable[[], str]]:
        element = t.parts[0]

        def comprehension() -> str:
            if element.kind in ("pair", "record", "set", "seq"):
                return f"{{{self.over(element, d)}}}"
            name = self.new("s")
            self.scope.append(Var(name, element, True))
            test = self.expr(BOOL, d - 1)
            self.scope.pop()
            if element.kind == "union":
                return f"{{{self.expr(element, d - 1)}}}"
            return f"{{{name} for {name} in {element.name} if {test}}}"

        def operation() -> str:
            return f"({self.known_set(t, d)} {self.r.choice('||&-')} {self.known_set(t, d)})"

        found = [comprehension, operation, operation, lambda: f"{{{self.member(element, d - 1)}}}"]
        found += [
            lambda v=v: v.text
            for v in self.scope
            if v.type.kind == "quorum" and v.type.parts == t.parts
        ]
        return found

    def member(self, t: T, d: int) -> str:
        """A value as a member of a set, which CPython hashes."""
        return f"frozenset({self.known_set(t, d)})" if t.kind == "set" else self.expr(t, d)

    def of_seq(self, t: T, d: int) -> list[Callable[[], str]]:
        element = t.parts[0]
        reads = [c for c in self.cells if c.type == t and c.name not in self.hidden]
        found: list[Callable[[], str]] = [lambda: f"({self.expr(element, d - 1)},)", lambda: "()"]
        if self.aside(20, "two items"):
            found.append(lambda: f"({self.expr(element, 0)}, {self.expr(element, 0)})")
        if reads:
            c = self.r.choice(reads)
            longer = f"{self.read(c)} + ({self.expr(element, d - 1)},)"
            found += [
                lambda: f"({longer})",
                lambda: f"({longer} if any(len({self.read(c)}) < n for n in Num) else ())",
                lambda: f"{self.read(c)}[:{self.expr(NUMBER, d - 1)}]",
                lambda: f"{self.read(c)}[{self.expr(NUMBER, d - 1)}:]",
                lambda: self.kept(self.read(c), element, d),
            ]
        return found

    def kept(self, of: str, element: T, d: int) -> str:
        """Some items of a sequence, or all of them, in their order."""
        if self.aside(50):
            return f"({of}[:1] + {of}[1:])"
        name = self.new("i")
        self.scope += [Var(name, element)] * 3
        test = self.expr(BOOL, d - 1)
        del self.scope[-3:]
        return f"tuple({name} for {name} in {of} if {test})"
