"""Random small protocols: their declarations, methods and effects, as source."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from .asking import Asking
from .starts import Starts
from .types import BOOL, NUMBER, Cell, Source, T, Var, option


def generate(random: Random) -> Source:
    """One random protocol."""
    return Maker(random).make()


def generate_asking(random: Random) -> Source:
    """One random protocol that may ask, in guards, effects and properties, and change in place."""
    return Maker(random, asks=True).make()


def generate_start(random: Random) -> Source:
    """One random protocol with an `@init` that takes a map, a set, or both."""
    return Maker(random, starts=True).make()


def generate_constrained(random: Random) -> Source:
    """One random protocol with one or two constraints of the search."""
    return Maker(random, bounded=True).make()


def generate_ending(random: Random) -> Source:
    """One random protocol that says where a run may end."""
    return Maker(random, ends=True).make()


def sources() -> st.SearchStrategy[Source]:
    """Random protocols."""
    return st.randoms(use_true_random=False).map(generate)


@dataclass
class Maker(Asking, Starts):
    """Writes one protocol."""

    starts: bool = False
    bounded: bool = False
    ends: bool = False

    def make(self) -> Source:
        if self.chance(50):
            self.lines.append("from __future__ import annotations\n")
        self.lines += ["import enum\n", "from quorate.model.language import *\n\n"]
        self._sorts()
        for name in ("Entry", "Pair")[: self.r.choice((0, 1, 1, 2))]:
            self._record(name)
        self.ticking = self.aside(20)
        if self.ticking:
            self.lines.append("class Time(Nat): ...\nclass Drift(Nat): ...\n")
            self.sizes |= {"Time": 1 + self.aside(50), "Drift": 1}
        self.asks = self.asks or (not self.ticking and self.aside(20))
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
        if self.ticking:
            self.lines.append("    clock: Map[Proc, Time] = clocks(drift=Drift)\n")
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
        if self.starts or self.aside(12):
            self._begin()
        if self.bounded or self.aside(25):
            for i in range(self.r.choice((1, 1, 2))):
                self._property(f"bound{i}", "constraint")
        if self.ends:
            self._property("rest", "final")
        return Source(self._with_names("".join(self.lines)), self.sizes, faults)

    def _with_names(self, text: str) -> str:
        """The text, in which an element has a name, or a variable that no step writes is fixed."""
        if self.aside(30):
            named = "class Proc(Sort, named='boss'): ...\nproc0 = Proc.boss\n"
            text = text.replace("class Proc(Sort): ...\nproc0 = Proc(0)\n", named)
        for c in self.cells:
            if not c.volatile and self.aside(50) and f"self.{c.name}" not in self._written(text):
                text = re.sub(
                    rf"\n    {c.name}: (.*) = durable",
                    rf"\n    {c.name}: Const[\1] = durable",
                    text,
                )
        return text

    @staticmethod
    def _written(text: str) -> str:
        """What stands to the left of assignments, outside of an @init."""
        parts = [p for p in re.split(r"(?m)^(?=    @)", text) if not p.startswith("    @init")]
        return " ".join(re.findall(r"(?m)^ +(self\.\w+).* [-+*|&]?= ", "".join(parts)))

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
            kind = "Ring" if self.aside(50) else "Ordered"
            text = f"class Level({kind}): ...\nlevel0 = Level(0)\n"
            add("ordered", "Level", text, self.r.choice((1, 2)))
        if self.chance(50):
            add("nat", "Num", "class Num(Nat): ...\n", self.r.choice((0, 1, 2, 2)))
        if self.aside(25):
            add("int", "Delta", "class Delta(Int, low=-2, high=1): ...\n", None)
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

    def _small(self, deep: bool = True) -> T:
        """A type with few values."""
        choices = [BOOL, *self.basic]
        choices += [option(t) for t in self.of_kind("sort", "enum", "nat", "int")]
        if deep:
            choices += [T("set", parts=(t,)) for t in self.of_kind("sort", "enum", "bottomed")]
            choices += self.records
            choices += [option(t) for t in self.records]
            kinds = [*self.of_kind("sort", "bottomed", "ordered", "enum"), *self.records]
            kinds = [t for t in kinds if self.values(t) < 9]
            if self.aside(25) and len(kinds) > 1:
                one = T("union", parts=(kinds[0], self.r.choice(kinds[1:])))
                choices += [one, one, option(one), T("set", parts=(one,))] * 2
            if self.aside(30):
                pair = T("pair", parts=(choices[len(choices) // 2], self.basic[-1]))
                plain = all(t.kind != "set" for t in pair.parts)  # else CPython cannot hash it
                choices += [pair, option(pair), T("set", parts=(pair,)) if plain else pair]
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
            case "int":
                return 4
            case "pair":
                return math.prod(map(self.values, t.parts))
            case "option":
                return 1 + self.values(t.parts[0])
            case "union":
                return sum(map(self.values, t.parts))
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
        if self.aside(30) and (orders := [t for t in [*self.basic, *self.records] if t.ordered]):
            fields = [(n, orders[i % len(orders)]) for i, (n, _) in enumerate(fields)]
        compared = all(t.ordered for _, t in fields)
        self.lines.append(f"class {name}(Record{', order=True' * compared}):\n")
        self.lines += [f"    {n}: {t}\n" for n, t in fields]
        self.records.append(T("record", name, fields=tuple(fields), compared=compared))

    def _message(self, name: str) -> None:
        count = self.r.choice((1, 1, 2, 2, 3))
        fields = [(f"g{i}", self._small(deep=self.chance(25))) for i in range(count)]
        if not self.messages and self.aside(15):
            self.network = " = fifo(Depth)"
            self.lines.append("class Depth(Nat): ...\n")
            self.sizes["Depth"] = 1 + self.aside(50)
        if self.network:
            fields = [("src", self.basic[0]), ("dst", self.basic[0]), *fields[:1]]
        sorts = self.of_kind("sort", "enum")
        if sorts and self.chance(15):
            values = [BOOL, *self.of_kind("bottomed", "sort")]
            key, value = self.r.choice(sorts), self.r.choice(values)
            fields.append(("view", T("map", parts=(key, value))))
        while math.prod(self.values(t) for _, t in fields) > (40 if self.network else 200):
            fields.pop()
        fields = fields or [("g0", BOOL)]
        keyed = [n for n, _ in fields if self.chance(50)] if len(fields) > 1 else []
        suffix = ""
        if keyed and len(keyed) < len(fields):
            suffix = f", key={tuple(keyed)!r}" if len(keyed) > 1 else f", key={keyed[0]!r}"
        ends = [n for n, t in fields if t.kind in ("sort", "bottomed", "ordered")]
        if self.network:
            suffix = ", link=('src', 'dst')"
        elif len(ends) > 1 and self.aside(50):
            suffix += f", link={tuple(ends[:2])!r}"
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
            if not self.network and self.aside(30):
                self.network = " = at_most_once()"
            names = ", ".join(m.name for m in self.messages)
            self.lines.append(f"    sent: Messages[{names}]{self.network}\n")

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
        own = [v.text for v in self.scope if str(v.type) == "Proc"]
        if self.ticking and own and kind == "action":
            test = f"self.clock[{own[0]}] {'<' if self.aside(50) else '>='} 1"
            self.lines.append(f"        require({test})\n")
        for _ in range(self.r.choice((0, 1, 1, 2, 3)) if kind == "action" else self.chance(30)):
            self._locals()
            self.lines.append(f"        require({self.expr(BOOL, 2)})\n")
        self._locals()
        for _ in range(self.r.randint(1, 3)):
            self._effect("        ", loops=True)
        if kind == "action":
            self.can_be_asked(name)

    def _begin(self) -> None:
        self.hidden = set()
        given = self._parameters(self.some(self.basic, 0, 1))
        text = self.beginning(given)
        self.lines.append(text)
        one = re.search(r" f: Map\[Proc, (.+?)\][,)]", text)
        copied = [c for c in self.cells if one and list(map(str, c.keys)) == ["Proc"]]
        for c in [c for c in copied if one and str(c.type) == one[1]][:1]:
            self.lines.append(f"        self.{c.name} = f\n")
            self._wrote(c.name)
        for _ in range(self.r.randint(1, 2)):
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
        if (changed := self.in_place()) is not None:
            name, text = changed
            self.lines.append(f"{indent}{text}")
            self._wrote(name)
            return
        c = self.r.choice(self.cells)
        if c.keys and c.keys[-1].kind != "bool" and self.aside(25):
            self._write_whole(indent, c)
            return
        keys = f"[{', '.join(self.key(k) for k in c.keys)}]" if c.keys else ""
        if c.type.fields and c.name not in self.hidden and self.aside(60):
            name, t = self.r.choice(c.type.fields)
            self.lines.append(f"{indent}self.{c.name}{keys}.{name} = {self.expr(t, 2)}\n")
            self._wrote(c.name)
            return
        self.lines.append(f"{indent}self.{c.name}{keys} = {self.expr(c.type, 2)}\n")
        self._wrote(c.name)

    def _write_whole(self, indent: str, c: Cell) -> None:
        """Write a whole map, or a row of it."""
        row = [self.key(k) for k in c.keys[:-1]] if self.aside(50) or len(c.keys) > 2 else []
        if any(k.kind == "bool" for k in c.keys):
            row = [self.key(k) for k in c.keys[:-1]]
        names = [Var(self.new("k"), k, proper=True) for k in c.keys[len(row) :]]
        self.scope += names
        key = ", ".join(v.text for v in names)
        loops = " ".join(f"for {v.text} in {v.type.name}" for v in names)
        text = f"{{({key}): {self.expr(c.type, 2)} {loops}}}"
        del self.scope[len(self.scope) - len(names) :]
        at = f"[{', '.join(row)}]" if row else ""
        self.lines.append(f"{indent}self.{c.name}{at} = {text}\n")
        self._wrote(c.name)

    def _wrote(self, name: str) -> None:
        """A step reads what it wrote: so do most of these, and the rest leaves it alone."""
        if not self.aside(70):
            self.hidden.add(name)

    def _send(self, indent: str) -> None:
        m = self.r.choice(self.messages)
        if "fifo" in self.network:
            self._send_in_order(indent, m)
            return
        text = self.record(m, 2)
        if self.network and self.aside(20):
            self.lines.append(f"{indent}self.sent.discard({text})\n")
        elif self.network and "sent" not in self.hidden:
            self.lines.append(f"{indent}if {text} not in self.sent:\n")
            self.lines.append(f"{indent}    self.sent.add({text})\n")
        else:
            self.lines.append(f"{indent}self.sent.add({text})\n")
        self.hidden |= {"sent"} if self.network or self.aside(50) else {"all sent"}

    def _send_in_order(self, indent: str, m: T, to: str = "") -> None:
        """Send on a link, mostly where it has room; or lose what is on it."""
        ends = [self.key(self.basic[0]), to or self.key(self.basic[0])]
        rest = [self.expr(t, 2) for _, t in m.fields[2:]]
        if self.aside(20):
            kept = ["keep=1"] if self.aside(10) else []
            self.lines.append(f"{indent}self.sent.drop({', '.join(ends + kept)})\n")
        else:
            if "sent" not in self.hidden and self.aside(80):
                room = f"any(len(self.sent[{', '.join(ends)}]) < d for d in Depth)"
                self.lines.append(f"{indent}if {room}:\n")
                indent += "    "
            self.lines.append(f"{indent}self.sent.add({m.name}({', '.join(ends + rest)}))\n")
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
        if "fifo" in self.network and self.aside(50):
            inner = Var(self.new("z"), self.basic[0], proper=True)
            self.lines.append(f"{indent}for {inner.text} in Proc:\n")
            self.scope.append(inner)
            self.hidden.add("sent")
            self._send_in_order(indent + "    ", self.r.choice(self.messages), inner.text)
        elif self.messages and "fifo" not in self.network and self.chance(50):
            domain, var = self.iterable(1)
            inner = Var(self.new("z"), var.type, var.proper)
            self.lines.append(f"{indent}for {inner.text} in {domain}:\n")
            self.scope.append(inner)
            before = {*self.hidden}
            self.hidden.add("sent")
            self._send(indent + "    ")
            self.hidden = {*before, "sent" if self.network or self.aside(50) else "all sent"}
        elif over:
            key, c = self.r.choice(over)
            inner = Var(self.new("z"), key, proper=True)
            rest = "".join(f", {self.key(k)}" for k in c.keys[1:])
            if c.name not in self.hidden and self.chance(60):
                known = Var(self.new("y"), c.type)
                self.lines.append(f"{indent}{known.text} = {self.read(c)}\n")
                self.scope += [known] * 3
            own = c.name not in self.hidden
            self._wrote(c.name)
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
