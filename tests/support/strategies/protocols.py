"""Random small protocols: their declarations, methods and effects, as source."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from random import Random

from hypothesis import strategies as st

from .asking import Asking
from .finishing import Finishing
from .starts import Starts
from .systems import plain_system, structured_system
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
class Maker(Asking, Starts, Finishing):
    """Writes one protocol."""

    starts: bool = False
    bounded: bool = False
    ends: bool = False
    steps: list[tuple[str, str, list[Var], set[str]]] = field(default_factory=list)

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
        budgets = self.r.choice((0, 1, 1, 2))
        self._networks()
        crashing = sorted({c.keys[0].name for c in self.cells if c.volatile})
        losing = "" if not self.network else "loss" if "fifo" not in self.network else "reset"
        losing = losing if self.aside(40, "losing") else ""
        faults = dict.fromkeys([*["crash"] * bool(crashing), *[losing] * bool(losing)], budgets)
        self.lines.append("class Proto(Protocol):\n")
        if faults:
            self.lines.append(f"    faults = {dict.fromkeys(faults, 1)}\n")
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
        if losing:
            self._lose(losing)
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
        self._and_more()
        if self.aside(12, "modified"):
            self._modification()
        text = self.finished("".join(self.lines))
        return Source(text, self.sizes, faults)

    def _and_more(self) -> None:
        """Further properties, if a subclass has any."""

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
            text = plain_system(self.r, n)
            if self.aside(35, "systems"):
                text = structured_system(self.apart("system"), n)
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
                rest = [t for t in kinds if t not in one.parts]
                if rest and self.aside(50, "three"):
                    one = T("union", parts=(*one.parts, rest[0]))
                choices += [one, one, option(one), T("set", parts=(one,))] * 2
            if self.aside(30):
                pair = T("pair", parts=(choices[len(choices) // 2], self.basic[-1]))
                plain = all(t.kind != "set" for t in pair.parts)  # else CPython cannot hash it
                choices += [pair, option(pair), T("set", parts=(pair,)) if plain else pair]
            if nats := self.of_kind("nat"):
                inner = [BOOL, *self.of_kind("sort", "bottomed", "enum"), *self.records]
                choices += [T("seq", nats[0].name, (t,)) for t in inner]
            if self.aside(25, "numbers"):
                choices += [*self.of_kind("nat"), *(t for t in self.records if t.compared)] * 3
            if self.aside(20, "nested"):
                choices += self._nested(kinds) * 2
        return self.r.choice(choices)

    def _nested(self, kinds: list[T]) -> list[T]:
        """Sets and sequences of values that have parts."""
        found = [T("set", parts=(T("set", parts=(t,)),)) for t in kinds if t.kind == "sort"]
        found += [T("set", parts=(t,)) for t in kinds if t.kind == "record"]
        for n in self.of_kind("nat")[:1]:
            small = [t for t in kinds if self.values(t) <= 3]
            inner = [option(t) for t in small]
            inner += [T("pair", parts=(BOOL, t)) for t in small]
            inner += [T("set", parts=(t,)) for t in small if t.kind == "sort"]
            found += [T("seq", n.name, (t,)) for t in inner]
            rows = [T("seq", n.name, (t,)) for t in small if self.sizes[n.name] < 2]
            found += [T("set", parts=(t,)) for t in rows]
        return found

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
        if (numbers := self.of_kind("nat")) and self.aside(40, "number"):
            fields[-1] = (fields[-1][0], numbers[0])
        compared = all(t.ordered for _, t in fields)
        self.lines.append(f"class {name}(Record{', order=True' * compared}):\n")
        self.lines += [f"    {n}: {t}\n" for n, t in fields]
        self.records.append(T("record", name, fields=tuple(fields), compared=compared))

    def _message(self, name: str) -> None:
        count = self.r.choice((1, 1, 2, 2, 3))
        fields = [(f"g{i}", self._small(deep=self.chance(25))) for i in range(count)]
        if not self.messages and self.aside(25):
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
        while math.prod(self.values(t) for _, t in fields) > (16 if self.network else 200):
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
            names = ", ".join(m.name for m in self.messages if m.name not in self.others)
            self.lines.append(f"    sent: Messages[{names}]{self.network}\n")
        for name in self.others:
            other = "" if self.network else " = at_most_once()"
            self.lines.append(f"    other: Messages[{name}]{other}\n")

    def _networks(self) -> None:
        """What becomes of messages, which may be in two variables."""
        if self.messages and not self.network and self.aside(30):
            self.network = " = at_most_once()"
        if len(self.messages) > 1 and "fifo" not in self.network and self.aside(25, "networks"):
            self.others = {self.messages[-1].name}

    def _lose(self, fault: str) -> None:
        """A fault of the network: it loses one message, or all of a link."""
        held = [m.name for m in self.messages if m.name not in self.others]
        lost = {"reset": ("a: Proc, b: Proc", "self.sent.drop(a, b)")}
        given, body = lost.get(fault, (f"m: {held[0]}", '"""The message is lost."""'))
        self.lines.append(f"    @action(fault='{fault}')\n    def lose(self, {given}):\n")
        self.lines.append(f"        {body}\n")

    def _modification(self) -> None:
        """The protocol becomes the base of one that overrides a step of it, or a helper."""
        self.lines = [
            x.replace("class Proto(Protocol)", "class Base(Protocol)") for x in self.lines
        ]
        self.lines.append("class Proto(Base):\n")
        if self.defines and self.aside(30, "helper"):
            name, types, result = self.defines[-1]
            self.hidden, self.defines = set(), self.defines[:-1]  # a helper does not call itself
            given = self._parameters(list(types))
            self.lines.append(f"    @define\n    def {name}(self{given}) -> {result}:\n")
            self.lines.append(f"        return {self.expr(result, 2)}\n")
            return
        name, given, scope, hidden = self.apart("step").choice(self.steps)
        self.scope, self.hidden = list(scope), set()
        self.lines.append(f"    @action\n    def {name}(self{given}) -> None:\n")
        if self.chance(70):
            self.lines.append(f"        require({self.expr(BOOL, 2)})\n")
        self.lines.append(f"        super().{name}({', '.join(v.text for v in scope)})\n")
        self.hidden = hidden
        if self.chance(30):
            self._effect("        ", loops=False)

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
        self._parts()
        while self.chance(30):
            t = self.r.choice([self._small(), *self.messages]) if self.chance(90) else NUMBER
            text = self.expr(t, 2)
            declared = "" if self._plain(t) and text != "None" else f": {t}"
            if t == NUMBER:
                declared = ""
            name = self.new("y")
            self.lines.append(f"        {name}{declared} = {text}\n")
            self.scope.append(Var(name, t))

    def _parts(self) -> None:
        """Names for the items of a pair, or for a list of messages, now and then."""
        pairs = [(v.text, v.type) for v in self.scope] + [
            (self.read(c), c.type) for c in self.readable("pair")
        ]
        pairs = [(text, t) for text, t in pairs if t.kind == "pair"]
        if pairs and self.aside(40, "items"):
            text, t = self.apart("pair").choice(pairs)
            items = [Var(self.new("y"), part) for part in t.parts]
            self.lines.append(f"        {', '.join(v.text for v in items)} = {text}\n")
            self.scope += items
        if self.messages and not self.hidden & {"sent", "all sent"} and self.aside(12, "list"):
            m = self.apart("listed").choice(self.messages)
            each, name = Var(self.new("m"), m), self.new("y")
            self.scope.append(each)
            test = self.expr(BOOL, 1)
            self.scope[-1] = Var(name, T("list", parts=(m,)))
            over = f"for {each.text} in {self.held(m)}[{m.name}] if {test}"
            self.lines.append(f"        {name} = [{each.text} {over}]\n")

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
        if self.aside(15, "ranges"):
            ranges += self._ranges() * 2
        self.lines.append(f"    @{kind}\n    def {name}(self")
        given = self._parameters(self.some(ranges, 0, 2))
        parameters = list(self.scope)
        self.lines.append(f"{given}) -> None:\n")
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
            self.steps.append((name, given, parameters, set(self.hidden)))

    def _ranges(self) -> list[T]:
        """Other types with few values, over which parameters range."""
        found = [BOOL, *self.records, *map(option, self.of_kind("sort", "enum"))]
        found += [T("set", parts=(t,)) for t in self.of_kind("sort")]
        found += [c.type for c in self.cells if c.type.kind in ("pair", "union", "seq")]
        found += [T("map", parts=(*c.keys, c.type)) for c in self.cells if len(c.keys) == 1]
        return [t for t in found if self.values(t) <= 9]

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
        lost = [k for o in self.cells if o.volatile for k in o.keys[:1]]
        if lost and self.aside(10, "crash"):
            self.lines.append(f"{indent}self.crash({self.key(lost[0])})\n")
            for o in self.cells:
                if o.volatile and o.keys[0] == lost[0]:
                    self._wrote(o.name)
            return
        copied = any(v.type == T("map", parts=(*c.keys, c.type)) for v in self.scope)
        if c.keys and c.keys[-1].kind != "bool" and self.aside(80 if copied else 25):
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
        whole = T("map", parts=(*c.keys, c.type))
        known = [v.text for v in self.scope if v.type == whole]
        known += [f"{v.text}.{n}" for v in self.scope for n, t in v.type.fields if t == whole]
        if known:
            self.lines.append(f"{indent}self.{c.name} = {known[0]}\n")
            self._wrote(c.name)
            return
        row = [self.key(k) for k in c.keys[:-1]] if self.aside(50, "row") else []
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
        text, held, removed = self.record(m, 2), self.held(m), self.removed(m)
        if removed and self.aside(20):
            self.lines.append(f"{indent}{held}.discard({text})\n")
        elif removed and "sent" not in self.hidden:
            self.lines.append(f"{indent}if {text} not in {held}:\n")
            self.lines.append(f"{indent}    {held}.add({text})\n")
        else:
            self.lines.append(f"{indent}{held}.add({text})\n")
        plain = not self.network and not self.others
        self.hidden |= {"all sent"} if plain and not self.aside(50) else {"sent"}

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
        subjects = [(self.read(c), c.type) for c in self.readable("union", "option", "enum")]
        if subjects and self.aside(50, "match"):
            self._match(indent, *self.apart("subject").choice(subjects))
            return
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

    def _match(self, indent: str, text: str, t: T) -> None:
        """One branch for each type that a value may have, for None, or for each constant."""
        before, after = set(self.hidden), set(self.hidden)
        outer = list(self.scope)
        cases: list[tuple[str, T | None]] = [("_", None)]
        inner = t.parts[0] if t.kind == "option" else t
        if inner.kind == "union":
            cases = [(f"{x}()", x) for x in inner.parts[:-1]] + cases
        elif inner.kind == "enum":
            ways = self.apart("cases").choice((["ON"], ["ON | {0}.MID"], ["MID", "ON | {0}.OFF"]))
            cases = [(f"{inner.name}.{way.format(inner.name)}", None) for way in ways] + cases
        else:
            cases = [("_", inner)]
        if t.kind == "option":
            cases = [("None", None), *cases]
        self.lines.append(f"{indent}match {text}:\n")
        for pattern, known in cases:
            guard = f" if {self.expr(BOOL, 1)}" if pattern != "_" and self.chance(20) else ""
            self.lines.append(f"{indent}    case {pattern}{guard}:\n")
            self.scope += [Var(text, known)] * 3 if known and not guard else []
            self.hidden = set(before)
            self._effect(indent + " " * 8, loops=False)
            after |= self.hidden
            self.scope = list(outer)
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
            plain = not self.network and not self.others
            self.hidden = {*before, "all sent" if plain and not self.aside(50) else "sent"}
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
