"""Random small protocols, as source: typed expressions and statements over the whole language.

Whatever is generated is meant to be accepted by capture; that a step or a property then sometimes
makes no sense (a number out of its range, a second message under one key) is wanted.
"""

from __future__ import annotations

import itertools
import linecache
import math
import sys
import types as pytypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import strategies as st

from quorate.model.language import Protocol, Sizes

# ---------------------------------------------------------------- types


@dataclass(frozen=True)
class T:
    """A type of the language, as the generator sees it."""

    kind: str
    name: str = ""
    parts: tuple[T, ...] = ()
    fields: tuple[tuple[str, T], ...] = ()

    def __str__(self) -> str:
        match self.kind:
            case "bool":
                return "bool"
            case "option":
                return f"{self.parts[0]} | None"
            case "set":
                return f"Set[{self.parts[0]}]"
            case "seq":
                return f"Seq[{self.parts[0]}, {self.name}]"
            case "map":
                return f"Map[{', '.join(map(str, self.parts))}]"
        return self.name

    @property
    def ordered(self) -> bool:
        return self.kind in ("ordered", "bottomed", "nat", "number")


BOOL, NUMBER = T("bool"), T("number")
SIMPLE = ("sort", "bottomed", "ordered", "enum", "nat", "bool", "number")


def option(t: T) -> T:
    return T("option", parts=(t,))


@dataclass(frozen=True)
class Var:
    """A name with its type; `proper` if it is never a bottom, so that it can be a key."""

    text: str
    type: T
    proper: bool = False


@dataclass(frozen=True)
class Cell:
    """A state variable: its keys and what a cell holds."""

    name: str
    keys: tuple[T, ...]
    type: T
    volatile: bool


@dataclass
class Source:
    """A generated protocol: its text, and the sizes to explore it at."""

    text: str
    sizes: dict[str, int]
    faults: dict[str, int]


@dataclass
class Maker:
    """Writes one protocol with the choices of a random source."""

    r: Random
    lines: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    basic: list[T] = field(default_factory=list)  # sorts, enums, number ranges
    quorums: list[T] = field(default_factory=list)
    records: list[T] = field(default_factory=list)
    messages: list[T] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    defines: list[tuple[str, tuple[T, ...], T]] = field(default_factory=list)
    scope: list[Var] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)  # variables and messages not to be read now
    fresh: Iterator[int] = field(default_factory=itertools.count)

    # ------------------------------------------------------------ choices

    def chance(self, percent: int) -> bool:
        return self.r.randrange(100) < percent

    def some(self, items: list[Any], least: int, most: int) -> list[Any]:
        return [self.r.choice(items) for _ in range(self.r.randint(least, most))] if items else []

    def new(self, prefix: str = "x") -> str:
        return f"{prefix}{next(self.fresh)}"

    # ------------------------------------------------------------ declarations

    def make(self) -> Source:
        if self.chance(50):
            self.lines.append("from __future__ import annotations\n")
        self.lines += ["import enum\n", "from quorate.model.language import *\n\n"]
        self._sorts()
        for name in ("Entry", "Pair")[: self.r.choice((0, 1, 1, 2))]:
            self._record(name)
        for name in ("Ask", "Tell", "Note")[: self.r.choice((0, 1, 2, 2, 3))]:
            self._message(name)
        self._variables()
        faults = {}
        budgets = self.r.choice((0, 1, 1, 2))
        self.lines.append("class Proto(Protocol):\n")
        crashing = sorted({c.keys[0].name for c in self.cells if c.volatile})
        if crashing:
            self.lines.append("    faults = {'crash': 1}\n")
            faults["crash"] = budgets
        self._declare_variables()
        for _ in range(self.r.choice((0, 0, 1, 2))):
            self._define()
        if self.chance(30):
            self._action("start", "init")
        for i in range(self.r.randint(1, 3)):
            self._action(f"step{i}", "action")
        for i, name in enumerate(crashing):
            self.lines.append(f"    @action(fault='crash')\n    def crash{i}(self, p: {name}):\n")
            self.lines.append("        self.crash(p)\n")
        for i in range(self.r.choice((0, 1, 2))):
            self._property(f"inv{i}", "invariant")
        if self.chance(60):
            self._property("goal", "reachable")
        return Source("".join(self.lines), self.sizes, faults)

    def _sorts(self) -> None:
        def add(kind: str, name: str, text: str, size: int | None) -> None:
            self.basic.append(T(kind, name))
            self.lines.append(text)
            if size is not None:
                self.sizes[name] = size

        size = self.r.choice((1, 2, 2, 3))
        add("sort", "Proc", "class Proc(Sort): ...\nproc0 = Proc(0)\n", size)
        if self.chance(60):
            add("sort", "Val", "class Val(Sort): ...\nval0 = Val(0)\n", self.r.choice((1, 2, 2)))
        if self.chance(60):
            text = "class Ballot(Ordered, bottom='never'): ...\nballot0 = Ballot(0)\n"
            add("bottomed", "Ballot", text, self.r.choice((1, 2, 2, 3)))
        if self.chance(30):
            text = "class Level(Ordered): ...\nlevel0 = Level(0)\n"
            add("ordered", "Level", text, self.r.choice((1, 2)))
        if self.chance(50):
            add("nat", "Num", "class Num(Nat): ...\n", self.r.choice((0, 1, 2, 2)))
        if self.chance(40):
            text = "class Mode(enum.Enum):\n    ON = 'on'\n    OFF = 'off'\n    MID = 'mid'\n"
            add("enum", "Mode", text, None)
        if self.chance(50):
            n = self.sizes["Proc"]
            least = self.r.randint(1, n)
            pairs = [tuple(sorted({self.r.randrange(n), self.r.randrange(n)})) for _ in range(2)]
            weights = tuple(self.r.randint(1, 3) for _ in range(n))
            text = self.r.choice(
                (
                    "class Quo(Majority[Proc]): ...\n",
                    f"class Quo(Flexible[Proc], size={least}): ...\n",
                    f"class Quo(Weighted[Proc], weights={weights}): ...\n",
                    f"class Quo(Explicit[Proc], quorums={pairs}): ...\n",
                )
            )
            self.lines.append(text)
            self.quorums.append(T("quorum", "Quo", (self.basic[0],)))

    def of_kind(self, *kinds: str) -> list[T]:
        return [t for t in self.basic if t.kind in kinds]

    def _small(self, deep: bool = True) -> T:
        """A type with few values."""
        choices = [BOOL, *self.basic]
        choices += [option(t) for t in self.of_kind("sort", "enum", "nat")]
        if deep:
            choices += [T("set", parts=(t,)) for t in self.of_kind("sort", "enum", "bottomed")]
            choices += self.records
            choices += [option(t) for t in self.records]
            if nats := self.of_kind("nat"):
                inner = [BOOL, *self.of_kind("sort", "bottomed", "enum"), *self.records]
                choices += [T("seq", nats[0].name, (t,)) for t in inner]
        return self.r.choice(choices)

    def values(self, t: T) -> int:
        """About how many values a type has: messages are to be few."""
        match t.kind:
            case "bool":
                return 2
            case "enum":
                return 3
            case "option":
                return 1 + self.values(t.parts[0])
            case "set":
                return 1 << self.values(t.parts[0])
            case "seq":
                return sum(self.values(t.parts[0]) ** k for k in range(self.sizes[t.name] + 1))
            case "map":
                return self.values(t.parts[1]) ** self.values(t.parts[0])
            case "record" | "message":
                return math.prod(self.values(f) for _, f in t.fields)
        return self.sizes[t.name] + 1

    def _record(self, name: str) -> None:
        fields = [(f"f{i}", self._small(deep=self.chance(15))) for i in range(self.r.randint(1, 2))]
        self.lines.append(f"class {name}(Record):\n")
        self.lines += [f"    {n}: {t}\n" for n, t in fields]
        self.records.append(T("record", name, fields=tuple(fields)))

    def _message(self, name: str) -> None:
        count = self.r.choice((1, 1, 2, 2, 3))
        fields = [(f"g{i}", self._small(deep=self.chance(25))) for i in range(count)]
        sorts = self.of_kind("sort", "enum")
        if sorts and self.chance(15):
            values = [BOOL, *self.of_kind("bottomed", "sort")]
            key, value = self.r.choice(sorts), self.r.choice(values)
            fields.append(("view", T("map", parts=(key, value))))
        while math.prod(self.values(t) for _, t in fields) > 200:
            fields.pop()
        fields = fields or [("g0", BOOL)]
        keyed = [n for n, _ in fields if self.chance(50)] if len(fields) > 1 else []
        suffix = ""
        if keyed and len(keyed) < len(fields):
            suffix = f", key={tuple(keyed)!r}" if len(keyed) > 1 else f", key={keyed[0]!r}"
        self.lines.append(f"class {name}(Message{suffix}):\n")
        self.lines += [f"    {n}: {t}\n" for n, t in fields]
        self.messages.append(T("message", name, fields=tuple(fields)))

    def _variables(self) -> None:
        for i in range(self.r.choice((1, 2, 2, 3))):
            keys: list[T] = []
            if self.chance(70):
                keys = [self.r.choice(self.basic)]
                if self.chance(15):
                    keys.append(self.r.choice([*self.basic, BOOL]))
            lost = bool(keys) and keys[0].kind == "sort" and self.chance(40)
            self.cells.append(Cell(f"v{i}", tuple(keys), self._small(), lost))

    def _declare_variables(self) -> None:
        for c in self.cells:
            t = f"Map[{', '.join(map(str, (*c.keys, c.type)))}]" if c.keys else str(c.type)
            kind = "volatile" if c.volatile else "durable"
            self.lines.append(f"    {c.name}: {t} = {kind}({self._constant(c.type)})\n")
        if self.messages:
            self.lines.append(f"    sent: Messages[{', '.join(m.name for m in self.messages)}]\n")

    def _constant(self, t: T) -> str:
        match t.kind:
            case "bool":
                return self.r.choice(("True", "False"))
            case "sort" | "ordered":
                return f"{t.name.lower()}0"
            case "bottomed":
                return "Ballot.never"
            case "enum":
                return f"{t.name}.{self.r.choice(('ON', 'OFF', 'MID'))}"
            case "nat":
                return "0"
            case "option":
                return "None" if self.chance(80) else self._constant(t.parts[0])
            case "set":
                return "frozenset()"
            case "seq":
                return "()"
        assert t.kind == "record", t
        return f"{t.name}({', '.join(self._constant(f) for _, f in t.fields)})"

    # ------------------------------------------------------------ methods

    def _parameters(self, types: list[T]) -> str:
        names = [Var(self.new("p"), t, proper=True) for t in types]
        self.scope = list(names)
        return "".join(f", {v.text}: {v.type}" for v in names)

    def _define(self) -> None:
        types = self.some(self.basic, 0, 2)
        result = self.r.choice([BOOL, BOOL, *self.basic])
        name = f"helper{len(self.defines)}"
        self.hidden = set()
        self.lines.append(
            f"    @define\n    def {name}(self{self._parameters(types)}) -> {result}:\n"
        )
        self._locals()
        self.lines.append(f"        return {self.expr(result, 2)}\n")
        self.defines.append((name, tuple(types), result))

    def _locals(self) -> None:
        while self.chance(30):
            t = self.r.choice([self._small(), *self.messages]) if self.chance(90) else NUMBER
            text = self.expr(t, 2)
            declared = "" if self._plain(t) and text != "None" else f": {t}"
            if t == NUMBER:
                declared = ""
            name = self.new("y")
            self.lines.append(f"        {name}{declared} = {text}\n")
            self.scope.append(Var(name, t))

    def _plain(self, t: T) -> bool:
        """Whether an expression of this type shows its type by itself."""
        return t.kind in ("bool", "sort", "bottomed", "ordered", "enum", "record", "message")

    def _property(self, name: str, kind: str) -> None:
        self.scope, self.hidden = [], set()
        self.lines.append(f"    @{kind}\n    def {name}(self) -> bool:\n")
        if self.chance(20):
            self._locals()
        self.lines.append(f"        return {self.expr(BOOL, 3)}\n")

    def _action(self, name: str, kind: str) -> None:
        self.hidden = set()
        ranges = [*self.basic, *self.quorums]
        if kind == "action":
            ranges += self.messages * 2
        self.lines.append(f"    @{kind}\n    def {name}(self")
        self.lines.append(f"{self._parameters(self.some(ranges, 0, 2))}) -> None:\n")
        for _ in range(self.r.choice((0, 1, 1, 2, 3)) if kind == "action" else self.chance(30)):
            self._locals()
            self.lines.append(f"        require({self.expr(BOOL, 2)})\n")
        self._locals()
        for _ in range(self.r.randint(1, 3)):
            self._effect("        ", loops=True)

    # ------------------------------------------------------------ effects

    def _effect(self, indent: str, loops: bool) -> None:
        if self.messages and self.chance(35):
            self._send(indent)
        elif loops and self.chance(20):
            self._loop(indent)
        elif loops and self.chance(30):
            self._branches(indent)
        else:
            self._write(indent)

    def _write(self, indent: str) -> None:
        c = self.r.choice(self.cells)
        keys = f"[{', '.join(self.key(k) for k in c.keys)}]" if c.keys else ""
        self.lines.append(f"{indent}self.{c.name}{keys} = {self.expr(c.type, 2)}\n")
        self.hidden.add(c.name)

    def _send(self, indent: str) -> None:
        m = self.r.choice(self.messages)
        self.lines.append(f"{indent}self.sent.add({self.record(m, 2)})\n")
        self.hidden.add("sent")

    def _branches(self, indent: str) -> None:
        before = set(self.hidden)
        after = set(before)
        tests = [self.expr(BOOL, 2) for _ in range(self.r.choice((1, 1, 2)))]
        for i, test in enumerate(tests):
            self.lines.append(f"{indent}{'el' * (i > 0)}if {test}:\n")
            self.hidden = set(before)
            self._effect(indent + "    ", loops=False)
            after |= self.hidden
        if self.chance(50):
            self.lines.append(f"{indent}else:\n")
            self.hidden = set(before)
            self._effect(indent + "    ", loops=False)
            after |= self.hidden
        self.hidden = after

    def _loop(self, indent: str) -> None:
        """Each round writes a cell of its own, or sends: the order of rounds does not matter."""
        over = [(k, c) for c in self.cells for k in c.keys[:1] if k.kind != "bool"]
        outer = list(self.scope)
        if self.messages and self.chance(50):
            domain, var = self.iterable(1)
            inner = Var(self.new("z"), var.type, var.proper)
            self.lines.append(f"{indent}for {inner.text} in {domain}:\n")
            self.scope.append(inner)
            self.hidden.add("sent")
            self._send(indent + "    ")
        elif over:
            key, c = self.r.choice(over)
            inner = Var(self.new("z"), key, proper=True)
            rest = "".join(f", {self.key(k)}" for k in c.keys[1:])
            if c.name not in self.hidden and self.chance(60):
                known = Var(self.new("y"), c.type)
                self.lines.append(f"{indent}{known.text} = {self.read(c)}\n")
                self.scope += [known] * 3
            own = c.name not in self.hidden
            self.hidden.add(c.name)
            self.lines.append(f"{indent}for {inner.text} in {key.name}:\n")
            self.scope.append(inner)
            if own and self.chance(40):
                here = Var(self.new("y"), c.type)
                self.lines.append(f"{indent}    {here.text} = self.{c.name}[{inner.text}{rest}]\n")
                self.scope += [here] * 2
            if self.chance(30):
                self.lines.append(f"{indent}    if {self.expr(BOOL, 1)}:\n")
                indent += "    "
            text = self.expr(c.type, 2)
            self.lines.append(f"{indent}    self.{c.name}[{inner.text}{rest}] = {text}\n")
        else:
            self._write(indent)
        self.scope = outer

    # ------------------------------------------------------------ expressions

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
            for name, ft in v.type.fields:
                if ft == t:
                    options += [lambda v=v, name=name: f"{v.text}.{name}"] * 3
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
            case "option":
                return "None" if self.chance(50) else self.expr(t.parts[0], 0)
            case "set":
                return f"{{{self.expr(t.parts[0], 0)}}}"
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
        return found

    def asked(self, d: int) -> str:
        word = self.r.choice(("in", "not in"))
        return f"({self.record(self.r.choice(self.messages), d)} {word} self.sent)"

    def membership(self, d: int) -> str:
        sets = [T("set", parts=(t,)) for t in self.of_kind("sort", "enum", "bottomed")]
        quorums = [v for v in self.scope if v.type.kind == "quorum"]
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
        reads.append(f"{{{self.expr(s.parts[0], d - 1)}}}")
        found = self.r.choice(reads)
        if self.chance(25):
            found = f"({found} {self.r.choice('|&-')} {self.r.choice(reads)})"
        return found

    def comparison(self, d: int) -> str:
        kinds: list[Callable[[], str]] = []
        plain = [t for t in (BOOL, *self.basic, *self.records) if t.kind != "nat"]

        def equal() -> str:
            t = self.r.choice(plain)
            return f"({self.expr(t, d - 1)} {self.r.choice(('==', '!='))} {self.expr(t, d - 1)})"

        def order() -> str:
            t = self.r.choice([t for t in self.basic if t.ordered] or [NUMBER])
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
        compound = [
            c for c in self.cells if c.type.kind in ("seq", "set") and c.name not in self.hidden
        ]
        if compound:
            c = self.r.choice(compound)
            op = "<=" if c.type.kind == "set" and self.chance(50) else "=="
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
            name = self.new()
            self.scope.append(Var(name, var.type, var.proper))
            text = f"for {name} in {over}"
            if self.chance(30):
                text += f" if {self.expr(BOOL, d - 1)}"
            generators.append(text)
        body = self.expr(BOOL, d - 1)
        self.scope = outer
        return f"{self.r.choice(('any', 'all'))}({body} {' '.join(generators)})"

    def iterable(self, d: int) -> tuple[str, Var]:
        """Something to iterate, and what its elements are."""
        choices: list[tuple[str, Var]] = [(t.name, Var("", t, True)) for t in self.basic]
        choices += [(q.name, Var("", q, True)) for q in self.quorums]
        choices += [
            (v.text, Var("", v.type.parts[0], True))
            for v in self.scope
            if v.type.kind in ("quorum", "set")
        ] * 2
        if "sent" not in self.hidden:
            choices += [(f"self.sent[{m.name}]", Var("", m)) for m in self.messages] * 3
        if d > 0:
            for c in self.cells:
                if c.type.kind in ("set", "seq") and c.name not in self.hidden:
                    proper = c.type.kind == "set"
                    choices.append((self.read(c), Var("", c.type.parts[0], proper)))
            if self.chance(20):
                choices.append((f"range({self.expr(NUMBER, d - 1)})", Var("", NUMBER)))
            if self.messages and "sent" not in self.hidden and self.chance(30):
                m = self.r.choice(self.messages)
                name = self.new("m")
                self.scope.append(Var(name, m))
                test = self.expr(BOOL, d - 1)
                self.scope.pop()
                choices.append(
                    (f"[{name} for {name} in self.sent[{m.name}] if {test}]", Var("", m))
                )
        return self.r.choice(choices)

    def of_sort(self, t: T, d: int) -> list[Callable[[], str]]:
        narrowed = [lambda: self.narrowed(t, d)] if d > 0 else []
        return [lambda: self.literal(t, d), lambda: self.conditional(t, d), *narrowed]

    def of_ordered(self, t: T, d: int) -> list[Callable[[], str]]:
        found = self.of_sort(t, d)
        word = self.r.choice(("min", "max"))
        found.append(lambda: f"{word}({self.expr(t, d - 1)}, {self.expr(t, d - 1)})")
        return found

    of_bottomed = of_ordered
    of_enum = of_sort

    def of_nat(self, t: T, d: int) -> list[Callable[[], str]]:
        found = self.of_number(t, d)
        return [lambda: self.literal(t, d), *found]

    def of_number(self, t: T, d: int) -> list[Callable[[], str]]:
        found = [
            lambda: self.literal(t, d),
            lambda: f"({self.expr(t, d - 1)} + 1)" if self.chance(50) else self.literal(t, d),
            lambda: f"min({self.expr(t, d - 1)}, {self.expr(t, d - 1)})",
            lambda: f"max({self.expr(t, d - 1)}, {self.expr(t, d - 1)})",
            lambda: self.counted(d),
            lambda: self.conditional(t, d),
        ]
        known = [v.text for v in self.scope if v.type.kind in ("nat", "number")]
        if known:
            x = self.r.choice(known)
            found.append(lambda: f"({x} - 1 if 0 < {x} else {self.literal(t, d)})")
            if t.kind == "number":
                found += [lambda: x] * 2
        return found

    def counted(self, d: int) -> str:
        cells = [c for c in self.cells if c.type.kind in ("seq", "set")]
        cells = [c for c in cells if c.name not in self.hidden]
        if cells and self.chance(60):
            return f"len({self.read(self.r.choice(cells))})"
        quorums = [v.text for v in self.scope if v.type.kind == "quorum"]
        if quorums and self.chance(40):
            return f"len({self.r.choice(quorums)})"
        sort = self.r.choice(self.basic)
        name = self.new("c")
        self.scope.append(Var(name, sort, True))
        test = self.expr(BOOL, d - 1)
        self.scope.pop()
        return f"len([{name} for {name} in {sort.name} if {test}])"

    def of_option(self, t: T, d: int) -> list[Callable[[], str]]:
        inner = t.parts[0]
        return [lambda: "None", lambda: self.expr(inner, d - 1), lambda: self.expr(inner, d - 1)]

    def of_record(self, t: T, d: int) -> list[Callable[[], str]]:
        return [lambda: self.record(t, d)]

    def of_quorum(self, t: T, d: int) -> list[Callable[[], str]]:
        return []

    def of_message(self, t: T, d: int) -> list[Callable[[], str]]:
        return [lambda: self.record(t, d)]

    def of_map(self, t: T, d: int) -> list[Callable[[], str]]:
        return [lambda: self.mapping(t, d - 1)]

    def of_set(self, t: T, d: int) -> list[Callable[[], str]]:
        element = t.parts[0]

        def comprehension() -> str:
            name = self.new("s")
            self.scope.append(Var(name, element, True))
            test = self.expr(BOOL, d - 1)
            self.scope.pop()
            return f"{{{name} for {name} in {element.name} if {test}}}"

        def operation() -> str:
            return f"({self.known_set(t, d)} {self.r.choice('||&-')} {self.known_set(t, d)})"

        found = [comprehension, operation, operation, lambda: f"{{{self.expr(element, d - 1)}}}"]
        found += [
            lambda v=v: v.text
            for v in self.scope
            if v.type.kind == "quorum" and v.type.parts == t.parts
        ]
        return found

    def of_seq(self, t: T, d: int) -> list[Callable[[], str]]:
        element = t.parts[0]
        reads = [c for c in self.cells if c.type == t and c.name not in self.hidden]
        found: list[Callable[[], str]] = [lambda: f"({self.expr(element, d - 1)},)", lambda: "()"]
        if reads:
            c = self.r.choice(reads)
            longer = f"{self.read(c)} + ({self.expr(element, d - 1)},)"
            found += [
                lambda: f"({longer})",
                lambda: f"({longer} if any(len({self.read(c)}) < n for n in Num) else ())",
                lambda: f"{self.read(c)}[:{self.expr(NUMBER, d - 1)}]",
                lambda: f"{self.read(c)}[{self.expr(NUMBER, d - 1)}:]",
                lambda: f"({self.read(c)}[:1] + {self.read(c)}[1:])",
            ]
        return found


# ---------------------------------------------------------------- loading

_numbers = itertools.count()


@contextmanager
def loaded(source: Source) -> Iterator[type[Protocol]]:
    """The class of a generated protocol, with its source readable by `linecache`."""
    name = f"generated_{next(_numbers)}"
    file = f"<{name}>"
    linecache.cache[file] = (len(source.text), None, source.text.splitlines(keepends=True), file)
    module = pytypes.ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    try:
        exec(compile(source.text, file, "exec"), module.__dict__)
        yield module.Proto
    finally:
        del sys.modules[name], linecache.cache[file]


def sized(protocol: type[Protocol], source: Source) -> Sizes:
    """The sizes of a generated protocol; those of sorts that it does not mention are left out."""
    known = protocol.sorts()
    sizes = {name: n for name, n in source.sizes.items() if name in known}
    faults = {k: n for k, n in source.faults.items() if k in protocol.budgets()}
    return protocol.sized(faults, **sizes)


def generate(random: Random) -> Source:
    """One random protocol."""
    return Maker(random).make()


def sources() -> st.SearchStrategy[Source]:
    """Random protocols."""
    return st.randoms(use_true_random=False).map(generate)
