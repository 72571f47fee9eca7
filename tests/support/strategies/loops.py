"""Random loops over all that can be iterated, in an action that runs once after others."""

from __future__ import annotations

from collections.abc import Collection
from random import Random

from .types import Source

HEAD = """
from quorate.model.language import *

class P(Sort): ...
class N(Nat): ...
class D(Nat): ...
class M(Message, link=("a", "b")):
    a: P
    b: P
class G(Message):
    a: P
class L(Message, link=("a", "b")):
    a: P
    b: P
class Quo(Explicit[P], quorums=[(0, 1), (0,)]): ...
class Proto(Protocol):
"""

VARIABLES = """
    x: Map[P, bool] = durable(False)
    y: Map[P, bool] = volatile(False)
    r: Map[P, P, bool] = durable(False)
    nxt: Map[P, P] = durable(P(0))
    z: bool = durable(False)
    s: Set[P] = durable(frozenset())
    l: Seq[P, N] = durable(())
    w: P | None = durable(None)
    sent: Messages[M] = at_most_once()
    ff: Messages[L] = fifo(D)
    grow: Messages[G]
    done: bool = durable(False)
"""

BEFORE = {  # what makes a variable something else than at first: parameters, guard, effect
    "x": ("p: P", "True", "self.x[p] = not self.x[p]"),
    "y": ("p: P", "True", "self.y[p] = True"),
    "nxt": ("p: P, q: P", "True", "self.nxt[p] = q"),
    "s": ("p: P", "True", "self.s = self.s | {p}"),
    "l": ("p: P", "any(len(self.l) < n for n in N)", "self.l = self.l + (p,)"),
    "r": ("p: P, q: P", "True", "self.r[p, q] = True"),
    "sent": ("p: P, q: P", "M(p, q) not in self.sent", "self.sent.add(M(p, q))"),
    "ff": ("p: P, q: P", "len(self.ff[p, q]) == 0", "self.ff.add(L(p, q))"),
    "grow": ("p: P", "True", "self.grow.add(G(p))"),
}
OVER = {  # what to iterate, and the variable that it is
    "P": "",
    "self.s": "s",
    "self.l": "l",
    "quo": "",
    "self.sent[M]": "sent",
    "self.ff[L]": "ff",
    "self.grow[G]": "grow",
    "[y for y in P if self.x[y]]": "x",
    "{y for y in P if self.x[y]}": "x",
}


def with_action(body: str, before: Collection[str], processes: int = 2, length: int = 1) -> Source:
    """A protocol with this body of an action, which ends all, and with actions that go before."""
    lines = []
    for name in sorted(before):
        parameters, guard, effect = BEFORE[name]
        lines.append(f"    @action\n    def before_{name}(self, {parameters}) -> None:\n")
        lines.append(f"        require(not self.done)\n        require({guard})\n")
        lines.append(f"        {effect}\n")
    lines.append("    @action\n    def go(self, p: P, q: P, quo: Quo) -> None:\n")
    lines.append(
        f"        require(not self.done)\n        self.done = True\n{body.strip(chr(10))}\n"
    )
    text = "".join(lines)
    used = [v for v in VARIABLES.splitlines() if f"self.{v.strip().partition(':')[0]}" in text]
    return Source("\n".join([HEAD, *used, text]), {"P": processes, "N": length, "D": 1}, {})


def generate_loop(random: Random) -> Source:
    """A protocol with one random loop."""
    return _Maker(random).make()


class _Maker:
    def __init__(self, random: Random) -> None:
        self.r = random
        self.used: set[str] = set()
        self.loops = 0

    def make(self) -> Source:
        body = self.statement(["p"], 8, 0) if self.r.random() < 0.3 else []
        body += self.loop(["p"], 8, 2)
        body += self.statement(["p"], 8, 1) if self.r.random() < 0.4 else []
        before = self.r.sample(sorted(self.used), min(2, len(self.used)))
        processes = 2 + (self.r.random() < 0.2)
        return with_action("\n".join(body), before, processes, self.r.choice((1, 2)))

    def element(self, names: list[str]) -> str:
        name = self.r.choice(names)
        if self.r.random() < 0.7:
            return name
        self.used.add("nxt")
        return f"self.nxt[{name}]"

    def test(self, names: list[str]) -> str:
        e, o = self.element(names), self.element(names)
        kind = self.r.choice(("x", "x", "y", "s", "r", "eq", "w", "z", "l", "any", "grow"))
        self.used |= {kind} & set(BEFORE)
        return {
            "x": f"{self.r.choice(('', 'not '))}self.x[{e}]",
            "y": f"self.y[{e}]",
            "s": f"{e} in self.s",
            "r": f"self.r[{e}, {o}]",
            "eq": f"{e} == {o}",
            "w": f"self.w {self.r.choice(('==', '!='))} {e}",
            "z": "self.z",
            "l": f"{e} in self.l",
            "any": f"any(self.x[o] for o in P if o != {e})",
            "grow": f"G({e}) in self.grow",
        }[kind]

    def statement(self, names: list[str], indent: int, depth: int) -> list[str]:
        e, o, space = self.element(names), self.element(names), " " * indent
        b = self.r.choice(("True", "False", self.test(names)))
        v = self.r.choice((e, e, "None", f"{e} if {self.test(names)} else {o}"))
        cells = self.r.choice((f"k == {o}", "self.y[k]", "False"))
        plain = [
            f"self.x[{e}] = {b}",
            f"self.y[{e}] = {b}",
            f"self.z = {b}",
            f"self.w = {v}",
            f"self.crash({e})",
            f"self.r[{e}, {o}] = {b}",
            f"self.nxt[{e}] = {o}",
            f"self.r[{e}] = {{k: k == {o} for k in P}}",
            f"self.x = {{k: {cells} for k in P}}",
            f"self.s = {self.r.choice((f'self.s | {{{e}}}', f'{{{e}}}'))}",
            f"self.l = {self.r.choice(('()', f'({e},)'))}",
            f"self.sent.add(M({e}, {o}))",
            f"self.sent.discard(M({e}, {o}))",
            f"self.ff.add(L({e}, {o}))",
            f"self.ff.drop({e}, {o})",
            f"self.grow.add(G({e}))",
        ]
        kind = self.r.choice(("plain", "plain", "if", "for") if depth else ("plain",))
        if kind == "plain":
            return [space + self.r.choice(plain[:5] + plain)]
        if kind == "for":
            return self.loop(names, indent, depth - 1)
        found = [f"{space}if {self.test(names)}:", *self.statement(names, indent + 4, depth - 1)]
        if self.r.random() < 0.6:
            found += [f"{space}else:", *self.statement(names, indent + 4, depth - 1)]
        return found

    def loop(self, names: list[str], indent: int, depth: int) -> list[str]:
        self.loops += 1
        name = f"m{self.loops}"
        over = self.r.choice(["P"] * 6 + list(OVER))
        self.used |= {OVER[over]} & set(BEFORE)
        element = f"{name}.a" if over.endswith(("[M]", "[L]", "[G]")) else name
        found = [f"{' ' * indent}for {name} in {over}:"]
        for _ in range(self.r.choice((1, 2, 2, 3))):
            found += self.statement([*names, *[element] * 3], indent + 4, depth)
        return found
