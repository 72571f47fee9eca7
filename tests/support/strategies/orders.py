"""Random protocols with one sort in an order, or with names, that they use evenly or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from .types import Source

KINDS = (
    "class Node(Ordered): ...",
    'class Node(Ordered, bottom="none"): ...',
    "class Node(Ring): ...",
    'class Node(Sort, named=("left", "right")): ...',
    'class Node(Ordered, named="left"): ...',
)

HEAD = """from quorate.model.language import *

{kind}
class Num(Nat): ...
class Tag(Record{order}):
    n: Num
    a: Node
class Say(Message{key}):
    a: Node
    b: Node
class Proto(Protocol):
    up: Map[Node, bool] = durable(False)
    last: Node | None = durable(None)
    near: Map[Node, Node | None] = durable(None)
    some: Set[Node] = durable(frozenset())
    log: Seq[Node, Num] = durable(())
    sent: Messages[Say]
"""

# Conditions about a and b that mean the same whatever the elements are called.
EVEN = (
    "self.up[a]",
    "not self.up[a] or a == b",
    "a in self.some",
    "self.last is None",
    "self.near[a] != b",
    "a < b or b < a",
    "max(a, b) != min(a, b)",
    "all(not (self.up[x] and self.up[y]) for x in Node for y in Node if x < y)",
    "any(x < y and self.near[x] == y for x in Node for y in Node) or "
    "any(y < x and self.near[x] == y for x in Node for y in Node)",
    "all(x <= y or y <= x for x in Node for y in self.some)",
    "Tag(0, a) <= Tag(1, b)",
    "Tag(0, a) <= Tag(0, b) or Tag(0, b) < Tag(0, a)",
    "not any(m.a <= a and a <= m.a for m in self.sent[Say])",
    "len({x for x in Node if x < a or a < x}) == len(Node) - 1",
)
# And some that say which of the elements it is.
ODD = (
    "a < b",
    "a <= b",
    "a == max(x for x in Node)",
    "all(self.up[x] for x in Node if x < a)",
    "Tag(0, a) <= Tag(0, b)",
    "not any(m.a < a for m in self.sent[Say])",
    "any(x < y and self.up[x] and not self.up[y] for x in Node for y in Node)",
    "len({x for x in Node if x <= a}) <= 1",
)
NAMED_EVEN = ("a == Node.left or a != Node.left", "Node.left not in self.some or a in self.some")
NAMED_ODD = ("a == Node.left", "self.up[Node.left]", "self.last != Node.left")
RING = ("a.next == b", "self.up[a.prev]", "a.next.prev == a")

EVEN_EFFECTS = (
    "self.up[a] = True",
    "self.up[a] = not self.up[a]",
    "self.last = a",
    "self.last = b if self.last is None else None",
    "self.near[a] = b",
    "self.some = self.some | {b}",
    "self.some = {x for x in Node if x < a or a < x or self.up[x]}",
    "self.sent.add(Say(a, b))",
    "for x in Node:\n            if not (x < a or a < x):\n                self.up[x] = True",
    "self.log = (a,) if len(self.log) == 0 else self.log",
    "self.some = self.some | {min(a, b), max(a, b)}",
)
ODD_EFFECTS = (
    "self.last = min(a, b)",
    "self.up[max(a, b)] = True",
    "self.some = {x for x in Node if x <= a}",
    "self.sent.add(Say(min(a, b), max(a, b)))",
    "for x in Node:\n            if self.up[x]:\n                self.last = x",
)


WRITTEN = re.compile(r"self\.(\w+)(?:\[[^=]*\])?(?: = |\.add)")


def generate_ordered(r: Random) -> Source:
    """One random protocol; about half of them use the sort evenly."""
    return Source("".join(_lines(r)), {"Node": r.choice((2, 3)), "Num": 1}, {})


def _lines(r: Random) -> Iterator[str]:
    kind = r.choice(KINDS)
    even, named = r.random() < 0.5, "named" in kind
    conditions = [*EVEN, *(NAMED_EVEN if named else ())]
    effects = list(EVEN_EFFECTS)
    if not even:
        conditions += [*ODD, *(NAMED_ODD if named else ()), *(RING if "Ring" in kind else ())]
        effects += ODD_EFFECTS
    if "Sort" in kind:
        compared = re.compile("<|min|max")
        conditions, effects = (
            [t for t in texts if not compared.search(t)] for texts in (conditions, effects)
        )
    yield HEAD.format(
        kind=kind, order="" if "Sort" in kind else ", order=True", key=r.choice(("", ', key="a"'))
    )
    for i in range(r.randint(1, 3)):
        parameters, a, b = r.choice(
            (("a: Node, b: Node", "a", "b"), ("a: Node", "a", "a"), ("m: Say", "m.a", "m.b"))
        )
        yield f"    @action\n    def act{i}(self, {parameters}) -> None:\n"
        for text in r.choices(conditions, k=r.randint(0, 2)):
            yield f"        require({_about(text, a, b)})\n"
        written: set[str] = set()
        for text in r.choices(effects, k=r.randint(1, 2)):
            found = {m[1] for m in WRITTEN.finditer(text)}
            if not found & written:
                yield f"        {_about(text, a, b)}\n"
            written |= found
    for i, (what, word) in enumerate((("invariant", "all"), ("reachable", "any"))):
        always = " or len(self.some) >= 0" if what == "invariant" and r.random() < 0.7 else ""
        body = f"{word}({r.choice(conditions)} for a in Node for b in Node){always}"
        yield f"    @{what}\n    def p{i}(self) -> bool:\n        return {body}\n"


def _about(text: str, a: str, b: str) -> str:
    """A text about a and b as one about these."""
    return re.sub(r"(?<![\w.])[ab](?!\w)", lambda m: a if m[0] == "a" else b, text)
