"""What a message tells its reader to write is written here in its place, and then accepted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from quorate.model.language import Diagnostic, ModelError
from quorate.model.language.description import describe

from ...support.loading import load_protocol
from .odd import HEAD

HERE = Path(__file__).parent / "diagnostics"
CASES = sorted(p.stem for p in HERE.glob("*.py"))


def mistakes(path: Path) -> tuple[Diagnostic, ...]:
    try:
        describe(load_protocol(path))
    except ModelError as error:
        return error.diagnostics
    return ()


def kinds(found: tuple[Diagnostic, ...]) -> Counter[tuple[str, str]]:
    return Counter((d.code, d.title) for d in found)


def repairs(text: str, mistake: Diagnostic) -> Iterator[str]:
    """The text with a code of the help in its place, for each code and each likely place.

    In the place of what the caret marks, of that with the `not` before it, of the line, of the head
    of the class, of the declaration of the same name; or on a line above, bound to a name.
    """
    lines = text.splitlines(keepends=True)
    span = mistake.span
    if span.end_line != span.line:
        return
    i = span.line - 1
    line = lines[i]
    before, after = line[: span.col], line[span.end_col :]
    indent = line[: len(line) - len(line.lstrip())]
    for code in re.findall(r"`(.*?)`", mistake.help):
        news = [before + code.removeprefix("= ") + after]
        news += [before.removesuffix("not ") + code + after, f"{indent}{code}\n"]
        news += [f"{indent}{code}:{line.partition(':')[2]}", f"{indent}{code}\n{line}"]
        for new in news:
            yield "".join([*lines[:i], new, *lines[i + 1 :]])
        name, equals, _ = code.partition(" = ")
        if equals and name.isidentifier():
            at = min([i, *(s.line - 1 for s, _ in mistake.also)])
            above = [*lines[:at], f"{indent}{code}\n", *lines[at:i], before + name + after]
            yield "".join([*above, *lines[i + 1 :]])
        for j, other in enumerate(lines):
            if ":" in code and other.strip().startswith(code.partition(":")[0] + ":"):
                yield "".join([*lines[:j], f"    {code}\n", *lines[j + 1 :]])


# Advice in words, or with a gap to be filled in: what its reader then does.
EDITS: dict[tuple[str, int], list[tuple[str, str]]] = {
    ("argument-count", 1): [("drop(a, b, left=1)", "drop(a, b, keep=1)")],
    ("bad-pattern", 0): [
        ("case Entry(of=s)", "case Entry()"),
        ("self.last = s", "self.last = self.held.of"),
    ],
    ("constraints", 0): [
        ("few_of_each(self, n: Node)", "few_of_each(self)"),
        ("return self.count[n] < 2", "return all(self.count[n] < 2 for n in Node)"),
    ],
    ("truth-values", 0): [
        ("v] and self.absent", "v] and len(self.absent) > 0"),
        ("return self.absent", "return len(self.absent) > 0"),  # which is read with what uses it
    ],
    ("unions-used", 2): [("self.held[s] < c", "self.held[s] == c")],
    ("unions-used", 5): [("isinstance(self.held[s])", "isinstance(self.held[s], Client)")],
    ("arithmetic", 0): [
        ("a: Acceptor) -> None:", "a: Acceptor, x: Ballot) -> None:"),
        (
            "self.max_bal[a] = self.max_bal[a] + 1",
            "require(self.max_bal[a] < x)\n        self.max_bal[a] = x",
        ),
    ],
    ("async-method", 0): [("async def phase1b(", "def phase1b(")],
    ("augmented-assignment", 0): [
        ("n += 1", "m = n + 1"),
        ("self.last[a] = n", "self.last[a] = m"),
    ],
    ("not-an-action", 1): [("enabled(self.is_up, a)", "self.is_up(a)")],
    ("not-an-action", 2): [("enabled(self.crash_one, a)", "self.up[a]")],
    ("not-an-action", 3): [("enabled(self.receive, Ping(a, b), b)", "len(self.sent[a, b]) > 0")],
    ("bad-annotation", 0): [
        ("dict[Acceptor, Value]", "Map[Acceptor, Value | None] = durable(None)")
    ],
    ("no-link", 0): [("class Ask(Message)", 'class Ask(Message, link=("client", "server"))')],
    ("no-link", 1): [
        ("Tell, Hear]", "Tell]"),
        ("fifo(Depth)\n", "fifo(Depth)\n    other: Messages[Hear] = fifo(Depth)\n"),
    ],
    ("not-removable", 2): [("self.queued.discard(m)", "self.queued.drop(m.a, m.b)")],
    ("not-removable", 3): [
        (
            "self.flying.drop(a, b)",
            "for m in self.flying[Tell]:\n            self.flying.discard(m)",
        )
    ],
    ("bad-network", 0): [("at_most_once()", "durable(False)")],
    ("bad-link", 0): [('("a", "to")', '("a", "b")')],
    ("bad-link", 2): [
        ('("a", "n")', '("a", "b")'),
        ("    n: Count", "    b: Server\n    n: Count"),
    ],
    ("bad-crash", 0): [("durable(Ballot.never)", "volatile(Ballot.never)")],
    ("bad-fairness", 0): [('fair_for="acceptor"', 'fair_for="a"')],
    ("bad-fairness", 1): [
        ("hear(self, m: Ask)", "hear(self, a: Acceptor, m: Ask)"),
        ('("m",)', '("a",)'),
    ],
    ("bad-clocks", 0): [
        ("class Flat(", "class Process(Sort): ...\n\n\nclass Flat("),
        ("wall: Time", "wall: Map[Process, Time]"),
        ("n: Node", "n: Process"),
        ("Map[Node, bool]", "Map[Process, bool]"),
        ("self.clock[n]", "self.wall[n]"),
    ],
    ("bad-clocks", 1): [
        ("    clock: Map[Node, Time] = clocks(drift=Drift)\n", ""),
        ("self.clock[n] > 1", "not self.done[n]"),
    ],
    ("cell-of-another", 0): [("self.busy[m, n])", "self.busy[n, m])")],
    ("cell-of-another", 1): [("        self.seen[other] = 1\n", "")],
    ("cell-of-another", 2): [("self.busy[m, n] = False", "self.busy[n, m] = False")],
    ("cell-of-another", 3): [("self.seen = {m: 0 for m in Node}", "self.seen[n] = 0")],
    ("clock-of-another", 1): [
        ("all(self.clock[m] > 1 for m in Node)", "self.clock[n] > 1"),
    ],
    ("clock-of-another", 2): [("self.is_late(n) and not self.is_late(m)", "self.is_late(n)")],
    ("private-of-whom", 0): [
        ("price: Map[Item, Count]", "price: Map[Server, Count]"),
    ],
    ("private-of-whom", 1): [("total: Count", "total: Map[Server, Count]")],
    ("clock-written", 0): [
        ("(drift=Drift)\n", "(drift=Drift)\n    start: Map[Node, Time] = durable(0)\n"),
        (
            "import Map, Nat, Protocol, Sort, action, clocks",
            "import Map, Nat, Protocol, Sort, action, clocks, durable",
        ),
        ("self.clock[n] > 1:", "self.clock[n] > self.start[n]:"),
        ("self.clock[n] = 0", "self.start[n] = self.clock[n]"),
    ],
    ("of-many", 3): [("max(m for m in Node)", "max(Node, key=lambda x: self.load[x])")],
    ("of-many", 4): [("default=n", "default=0")],
    ("no-pair", 0): [
        ("-> bool", "-> tuple[bool, bool]"),
        ("return self.asked[a]", "return True, self.asked[a]"),
    ],
    ("bad-field", 0): [("class Tag(Record, order=True)", "class Tag(Record)")],
    ("bad-field", 1): [
        ("class Accept(", "class Name(Sort): ...\n\n\nclass Accept("),
        ("v: str", "v: Name"),
        ("b: Ballot) -> None:", "b: Ballot, n: Name) -> None:"),
        ('"a value"', "n"),
    ],
    ("bad-key", 0): [
        ("Map[Accept, Slot]", "Map[Ballot, Value, Slot]"),
        ("Accept(b, v)", "b, v"),
    ],
    ("bad-message-key", 0): [
        ('"bal"', '"b"'),
        ("    b: Ballot\n", "    b: Ballot\n    v: Ballot\n"),
        ("Promise(a, b)", "Promise(a, b, b)"),
    ],
    ("bad-parameters", 0): [(" = Ballot.never)", ")")],
    ("bad-parameters", 1): [
        ("joined(self, a: Acceptor)", "joined(self)"),
        (
            "self.max_bal[a] != Ballot.never",
            "all(self.max_bal[a] != Ballot.never for a in Acceptor)",
        ),
    ],
    ("bad-quorum", 2): [("weights=(2, 1.5, 1)", "weights=(2, 1, 1)")],
    ("bad-quorum", 3): [('holds="a row"', 'holds="row and column"')],
    ("bad-quorum", 4): [
        ("columns=0", "columns=math.isqrt"),
        ("class Acceptor", "import math\n\n\nclass Acceptor"),
    ],
    ("bad-quorum", 5): [("degree=1", "degree=2")],
    ("bad-quorum", 6): [("need=2", "need=(2, 2)")],
    ("bad-quorum", 7): [("members=(0, 0, 1)", "members=(0, 1, 2)")],
    ("bad-quorum", 8): [("configurations=(Ballot,)", "configurations=(Old,)")],
    ("bad-quorum", 9): [
        (
            "class Unsaid(Predicate[Acceptor]): ...",
            "class Unsaid(Predicate[Acceptor]):\n"
            "    def is_quorum(self, q: Set[Acceptor]) -> bool:\n        return len(q) > 1",
        )
    ],
    ("bad-quorum", 10): [("q: Set[Ballot]", "q: Set[Acceptor]")],
    ("bad-quorum", 12): [("columns=2, hold=", "columns=3, holds=")],
    ("bad-quorum", 13): [("meets=Ballot", "meets=Phase2")],
    ("bad-quorum", 14): [("lambda n: n / 2", "lambda n: n // 2 + 1")],
    ("bad-slice", 0): [("[::2]", "[:2]")],
    ("branches-differ", 0): [("else self.max_bal[a]\n", "else None\n")],
    ("compare-mismatch", 0): [("m.b == v", "m.v == v")],
    ("defined-twice", 0): [
        ("safe(self) -> bool:\n        return True", "live(self) -> bool:\n        return True")
    ],
    ("constant-written", 0): [
        ("after: Const[Map[Node, Node | None]]", "after: Map[Node, Node | None]"),
    ],
    ("constant-written", 1): [
        ("link: Const[Map[Node, Node, bool]]", "link: Map[Node, Node, bool]")
    ],
    ("bad-target", 1): [("for b, c, d in", "for b, c in"), ("c == a", "b == a")],
    ("bad-target", 2): [("b, c = q", "m = q")],
    ("bad-target", 3): [("        old.max_bal = self.max_bal\n", "")],
    ("no-annotation", 1): [("@invariant", "@step_property")],
    ("field-count", 1): [("(b, a, b)", "(b, a)")],
    ("field-count", 0): [("self.max_bal[a]))", "self.max_bal[a], None))")],
    ("foreign-call", 0): [
        (
            "latest = sorted(self.sent[Promise])",
            "sent = self.sent[Promise]\n"
            "        latest = [m for m in sent if all(n.b <= m.b for n in sent)]",
        )
    ],
    ("foreign-call", 1): [("        print(a, b)\n", "")],
    ("integers", 6): [
        ("as_value(self, n: Node)", "as_value(self, n: Node, d: Delta)"),
        ("self.total = Delta\n", "self.total = d\n"),
    ],
    ("integers", 7): [("Delta(1)", "1")],
    ("integers", 12): [("in (-1, 0, 1)", "in {-1, 0, 1}")],
    ("integers", 8): [("abs(self.total)", "max(self.total, -self.total)")],
    ("integers-declared", 0): [("Map[Node, Int]", "Map[Node, Delta]")],
    ("integers-declared", 1): [
        ("Seq[Node, Delta]", "Seq[Node, Length]"),
        ("class Delta(", "class Length(Nat): ...\n\n\nclass Delta("),
    ],
    ("key-count", 0): [("self.log[a] is", "self.log[a, i] is")],
    ("key-count", 1): [
        ("edges: Map[Acceptor, Slot, bool]", "edges: Map[Acceptor, Map[Slot, bool]]"),
        ("edges[a, i]", "edges[a][i]"),
    ],
    ("membership", 0): [("b in self.sent)", "Prepare(b) in self.sent)")],
    ("no-actions", 0): [
        (
            "    @invariant",
            "    @action\n    def join(self, a: Acceptor, b: Ballot) -> None:\n"
            "        self.max_bal[a] = b\n\n    @invariant",
        )
    ],
    ("no-effect", 0): [("< b)\n", "< b)\n        self.max_bal[a] = b\n")],
    ("no-self", 0): [
        ("    @staticmethod\n", ""),
        ("is_proper(b: Ballot)", "is_proper(self, b: Ballot)"),
    ],
    ("no-source", 0): [
        (
            '    phase1b = made["phase1b"]',
            "    @action\n    def phase1b(self, a: Acceptor, b: Ballot) -> None:\n"
            "        self.max_bal[a] = b",
        )
    ],
    ("not-a-message", 0): [("add(b)", "add(Prepare(b))")],
    ("not-a-value", 0): [
        ("class Paxos", "class Quorum(Majority[Acceptor]): ...\n\n\nclass Paxos"),
        ("in QUORUMS", "in Quorum"),
    ],
    ("not-an-expression", 0): [
        (
            "        for a in Acceptor:\n            if self.max_bal[a] < b:\n"
            "                return False\n        return True",
            "        return all(not self.max_bal[a] < b for a in Acceptor)",
        )
    ],
    ("not-assignable", 1): [
        ("self.sent = set()", "self.sent.add(Prepare(b))"),
        ("lose(self)", "lose(self, b: Ballot)"),
    ],
    ("not-messages", 0): [("self.votes.add(a)", "self.votes[b] = self.votes[b] | {a}")],
    ("order-dependent", 0): [
        (
            "            self.decided = v",
            "            if self.max_val == v:\n                self.decided = v",
        ),
        ("self.max_val == v", "any(self.max_val[a] == v for a in Acceptor)"),
    ],
    ("order-dependent", 2): [
        (
            "self) -> None:\n        for m in self.sent[Vote]:\n            if self.max_val[m.a]",
            "self, m: Vote) -> None:\n        if True:\n            if self.max_val[m.a]",
        )
    ],
    ("order-dependent", 3): [
        ("            self.up[b] = False\n", ""),
        ("self.crash(a)\n", "self.crash(a)\n        self.up[b] = False\n"),
    ],
    ("order-dependent", 4): [
        (
            "        for m in self.sent[Vote]:\n            self.sent.discard(m)\n",
            "        old = self.sent[Vote]\n        for n in old:\n            "
            "self.sent.discard(n)\n        for m in old:\n",
        )
    ],
    ("other-decorator", 0): [("    @invariant\n    def joined", "    @invariant\n    def safe")],
    ("rebound", 0): [
        ("latest = max(latest, b)", "later = max(latest, b)"),
        ("= latest\n", "= later\n"),
    ],
    ("recursion", 0): [
        ("    @define", "    over: Map[Acceptor, Acceptor, bool] = durable(False)\n\n    @define"),
        ("self.above(a, c)", "self.over[a, c]"),
        (
            "self.parent[b] = a",
            "self.parent[b] = a\n        self.over[a, b] = True",
        ),
    ],
    ("require-after-effect", 0): [
        ("        require(Prepare(b) in self.sent)\n", ""),
        ("        self.max_bal", "        require(Prepare(b) in self.sent)\n        self.max_bal"),
    ],
    ("require-in-branch", 0): [
        (
            "        if self.max_bal[a] != Ballot.never:\n            require(",
            "        require(self.max_bal[a] == Ballot.never or ",
        ),
    ],
    ("reserved-name", 0): [("def crash(", "def fail(")],
    ("same-name", 0): [
        ("class Acceptor(Sort, short=", "class Replica(Sort, short="),
        ("return Acceptor", "return Replica"),
    ],
    ("shadowed", 0): [("self, Acceptor:", "self, a:"), ("max_bal[Acceptor]", "max_bal[a]")],
    ("sort-as-value", 0): [("a: Acceptor)", "a: Acceptor, b: Ballot)"), ("= Ballot\n", "= b\n")],
    ("unannotated", 0): [
        ("max_val = durable(None)", "max_val: Map[Acceptor, Value | None] = durable(None)"),
        ("class Paxos", "class Value(Sort): ...\n\n\nclass Paxos"),
    ],
    ("unannotated", 1): [("max_bal = volatile", "max_bal: Map[Acceptor, Ballot] = volatile")],
    ("unbounded", 0): [
        ("class Paxos", "class Count(Nat): ...\n\n\nclass Paxos"),
        ("int]", "Count]"),
    ],
    ("undecorated", 0): [("    def agreement", "    @invariant\n    def agreement")],
    ("unexpected-sequence", 0): [
        (
            "Map[Acceptor, Ballot] = durable(Ballot.never)",
            "Map[Acceptor, Set[Ballot]] = durable(frozenset())",
        ),
        ("b, a", "{b}"),
    ],
    ("unordered", 1): [("class Entry(Record)", "class Entry(Record, order=True)")],
    ("unknown-field", 0): [("m.bal", "m.vb")],
    ("unordered", 0): [("class Acceptor(Sort)", "class Acceptor(Ordered)")],
    ("unsupported-expression", 1): [
        ("joined = lambda a: self.max_bal[a] != Ballot.never\n        ", ""),
        ("return all(joined(a) ", "return all(self.max_bal[a] != Ballot.never "),
    ],
    ("unsupported-literal", 0): [('== "never"', "== Ballot.never")],
    ("unsupported-statement", 0): [("assert self.max_bal[a] < b", "require(self.max_bal[a] < b)")],
    ("unsupported-statement", 1): [
        ("        while self.max_bal[a] < b:\n            self", "        self")
    ],
    ("volatile-of-whom", 0): [
        ("latest: Ballot", "latest: Map[Acceptor, Ballot]"),
        ("class Paxos", "class Acceptor(Sort): ...\n\n\nclass Paxos"),
        ("b: Ballot) ", "a: Acceptor, b: Ballot) "),
        ("(self.latest <", "(self.latest[a] <"),
        ("self.latest =", "self.latest[a] ="),
    ],
}
# Advice that no golden file shows: the lines of an action that get it, and those that follow it.
# Each of these holds a code of the help, word for word.
MORE: list[tuple[str, str, str]] = [
    # local names
    ("unexpected-sequence", "y = (Entry(x, v),)", "y: Seq[Entry, Slot] = (Entry(x, v),)"),
    ("unexpected-sequence", "y = (a, i)", "y: tuple[Acceptor, Slot] = (a, i)"),
    ("unexpected-sequence", "y = (a,)", "y: Seq[Acceptor, Slot] = (a,)"),
    ("unexpected-sequence", "y: Seq[Acceptor, Zzz] = (a,)", "y: Seq[Acceptor, Slot] = (a,)"),
    (
        "unexpected-sequence",
        "self.log[a] = self.log[a] + [Entry(x, v)]",
        "self.log[a] = self.log[a] + (Entry(x, v),)",
    ),
    ("type-mismatch", "y = set()", "y: Set[Value] = set()"),
    # reads after writes
    (
        "read-after-write",
        "self.sent.add(Prepare(x)); self.b = x if self.sent[Prepare] else x",
        "old = self.sent[Prepare]; self.sent.add(Prepare(x)); self.b = x if old else x",
    ),
    (
        "read-after-write",
        "for c in Acceptor:\n            if c == a: self.n[a] = 1 if v in self.s[c] else 0; "
        "self.b = x if any(self.n[d] == 1 for d in Acceptor) else x",
        "old = {x: self.n[x] for x in Acceptor}; "
        "for c in Acceptor:\n            if c == a: self.n[a] = 1 if v in self.s[c] else 0; "
        "self.b = x if any(old[d] == 1 for d in Acceptor) else x",
    ),
    (
        "order-dependent",
        "for c in Acceptor: self.n[c] = max(self.n[c], self.n[a])",
        "old = self.n[a]\n        for c in Acceptor: self.n[c] = max(self.n[c], old)",
    ),
    (
        "order-dependent",
        "for c in Acceptor: self.n[c] = 1 if any(self.n[d] == 1 for d in Acceptor) else 0",
        "old = {x: self.n[x] for x in Acceptor}\n        "
        "for c in Acceptor: self.n[c] = 1 if any(old[d] == 1 for d in Acceptor) else 0",
    ),
    # None
    ("may-be-none", "require(self.k < i)", "require(self.k is not None and self.k < i)"),
    ("may-be-none", "require(i < self.k)", "require(self.k is not None and i < self.k)"),
    (
        "may-be-none",
        "require(self.k < self.k)",
        "require(self.k is not None); require(self.k < self.k)",
    ),
    (
        "may-be-none",
        "self.n[a] = self.k + 1",
        "require(self.k is not None); self.n[a] = self.k + 1",
    ),
    (
        "may-be-none",
        "self.n[a] = max(self.k, i)",
        "require(self.k is not None); self.n[a] = max(self.k, i)",
    ),
    (
        "may-be-none",
        "require(self.m[a, x] in self.s[a])",
        "require(self.m[a, x] is not None); require(self.m[a, x] in self.s[a])",
    ),
    (
        "may-be-none",
        "self.n[a if self.ok else None] = 1",
        "require((a if self.ok else None) is not None); self.n[a if self.ok else None] = 1",
    ),
    # methods of Python
    ("foreign-call", "self.s[a] = self.s[a].union({v})", "self.s[a] = self.s[a] | {v}"),
    ("foreign-call", "self.s[a] = self.s[a].intersection({v})", "self.s[a] = self.s[a] & {v}"),
    ("foreign-call", "self.s[a] = self.s[a].difference({v})", "self.s[a] = self.s[a] - {v}"),
    ("foreign-call", "require({v}.issubset(self.s[a]))", "require({v} <= self.s[a])"),
    ("foreign-call", "self.n[a] = self.n.get(a)", "self.n[a] = self.n[a]"),
    (
        "foreign-call",
        "self.log[a].append(Entry(x, v))",
        "self.log[a] = self.log[a] + (Entry(x, v),)",
    ),
    (
        "foreign-call",
        "self.log[a].extend((Entry(x, v),))",
        "self.log[a] = self.log[a] + (Entry(x, v),)",
    ),
    ("foreign-call", "self.s[a].add(v)", "self.s[a] = self.s[a] | {v}"),
    ("foreign-call", "self.s[a].remove(v)", "self.s[a] = self.s[a] - {v}"),
    ("foreign-call", "self.sent.append(Prepare(x))", "self.sent.add(Prepare(x))"),
    ("foreign-call", "require(implies(self.ok, i < 2))", "require(not self.ok or i < 2)"),
    ("foreign-call", "require(implies(i < 1, self.ok))", "require(i >= 1 or self.ok)"),
    # names
    (
        "unknown-name",
        "require(all(c == d for c in Acceptor if c != d for d in Acceptor))",
        "require(all(c == d for c in Acceptor for d in Acceptor if c != d))",
    ),
    # others
    (
        "bitwise-operator",
        "require(self.k is None & self.s[a] == {v})",
        "require(self.k is None and self.s[a] == {v})",
    ),
    ("generator-needed", "require(any(self.ok))", "require(any(self.ok for x in Acceptor))"),
    ("unused-value", "self.ok == True", "self.ok = True"),
    ("membership", "require(a in (a, a))", "require(a in {a, a})"),
    (
        "foreign-call",
        "require(al(c == a for c in Acceptor))",
        "require(all(c == a for c in Acceptor))",
    ),
    ("foreign-call", "requires(self.ok)", "require(self.ok)"),
    ("whole-map", "self.n[a] = max(self.n)", "self.n[a] = max(self.n.values())"),
    # a name whose value is mistaken is no second mistake
    ("bad-target", "b, c = x; require(b == c)", "m = x; require(m == x)"),
    ("sort-as-value", "require(any(True for c in Sort))", "require(any(True for c in Acceptor))"),
]
EXTRA = """
    k: Slot | None = durable(None)

    @define
    def is_last(self, x: Ballot) -> bool:
        return self.b == x

    @action
    def act(self, a: Acceptor, x: Ballot, v: Value, i: Slot) -> None:
"""
IMPORTS = "from quorate.model.language import *\n"


def accepted(text: str, path: Path, left: Counter[tuple[str, str]]) -> bool:
    """Whether exactly these mistakes are left."""
    head = "from __future__ import annotations\n"
    future = head if text.startswith(head) else ""
    path.write_text(future + IMPORTS + text.removeprefix(future))
    try:
        return kinds(mistakes(path)) == left
    except (SyntaxError, NameError, AttributeError, TypeError):
        return False  # not in this place


@pytest.mark.parametrize("case", CASES)
def test_every_advice_is_accepted(case: str, tmp_path: Path) -> None:
    source = HERE / f"{case}.py"
    found = mistakes(source)
    for n, mistake in enumerate(found):
        if not mistake.help:
            continue
        left = kinds(found) - kinds((mistake,))
        if (case, n) in EDITS:
            text = source.read_text()
            for old, new in EDITS[case, n]:
                assert old in text, (old, case)
                text = text.replace(old, new)
            texts = [text]
        else:
            texts = list(repairs(source.read_text(), mistake))
        assert any(accepted(t, tmp_path / f"m{n}_{i}.py", left) for i, t in enumerate(texts)), (
            mistake.render()
        )


def test_no_edit_is_left_over() -> None:
    for case, n in EDITS:
        assert mistakes(HERE / f"{case}.py")[n].help, (case, n)


@pytest.mark.parametrize(("code", "wrong", "right"), MORE, ids=[f"{c}: {w}" for c, w, _ in MORE])
def test_more_advice_is_accepted(code: str, wrong: str, right: str, tmp_path: Path) -> None:
    for lines, name in ((wrong, "wrong"), (right, "right")):
        body = "".join(f"        {line}\n" for line in (*lines.split("; "), "self.last = None"))
        (tmp_path / f"{name}.py").write_text(HEAD + EXTRA + body)
    (mistake,) = mistakes(tmp_path / "wrong.py")
    assert mistake.code == code
    assert not mistakes(tmp_path / "right.py")
    codes = re.findall(r"`(.*?)`", mistake.help)
    assert any(c.removesuffix(" and ...") in right for c in codes) or code == "sort-as-value", (
        mistake.help
    )


NAMES = [
    ("import Map, Protocol", "import Protocol", "write `from quorate.model.language import Map`"),
    ("action, durable, require", "action, durable", "`from quorate.model.language import require`"),
    ("a: Acceptor", "a: Aceptor", "did you mean `Acceptor`?"),
    ("Map[Acceptor, Ballot]", "Map[Aceptor, Ballot]", "did you mean `Acceptor`?"),
    ("by: Acceptor", "by: Aceptor", "did you mean `Acceptor`?"),
    ("Map[Acceptor, Ballot]", "Map[Acceptor, Optional[Ballot]]", "write `Sort | None`"),
    (
        "require(self.max_bal[a] < b)",
        "require(a == Acceptor.a0)",
        '`class Acceptor(Sort, named="a0")`',
    ),
    (
        "    @action\n",
        "    def __init__(self):\n        self.n = 0\n\n    @action\n",
        "= durable(None)",
    ),
]
NAMED = """\
from quorate.model.language import Map, Protocol, Sort, Ordered, action, durable, require
from quorate.model.language import Message, Messages


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Vote(Message):
    by: Acceptor


class Named(Protocol):
    sent: Messages[Vote]
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @action
    def promise(self, a: Acceptor, b: Ballot) -> None:
        require(self.max_bal[a] < b)
        self.max_bal[a] = b
"""


@pytest.mark.parametrize(("right", "wrong", "hint"), NAMES, ids=[w for _, w, _ in NAMES])
def test_a_name_that_is_not_there(right: str, wrong: str, hint: str, tmp_path: Path) -> None:
    """One mistake, and what comes by the name; with it, none is left."""
    future = "from __future__ import annotations\n"
    (tmp_path / "right.py").write_text(future + NAMED)
    assert not mistakes(tmp_path / "right.py")
    assert right in NAMED
    (tmp_path / "wrong.py").write_text(future + NAMED.replace(right, wrong))
    (mistake,) = mistakes(tmp_path / "wrong.py")
    assert hint in mistake.help, mistake.render()


def test_what_is_chosen_is_a_parameter(tmp_path: Path) -> None:
    text = NAMED.replace("self.max_bal[a] = b", "self.max_bal[a] = 1")
    (tmp_path / "number.py").write_text(text)
    (tmp_path / "drawn.py").write_text(
        f"import random\n{text.replace('= 1', '= random.choice(Ballot)')}"
    )
    hints = ["no element is special: take one as a parameter, `x: Ballot`"]
    hints += ["a choice is a parameter of the action: the checker tries every value"]
    for name, hint in zip(("number", "drawn"), hints, strict=True):
        (mistake,) = mistakes(tmp_path / f"{name}.py")
        assert mistake.help == hint


def test_a_sort_is_no_sequence(tmp_path: Path) -> None:
    text = NAMED.replace(
        "        self.max_bal[a] = b", "        x = tuple(c for c in Acceptor if c != a)"
    )
    (tmp_path / "sequence.py").write_text(text)
    (mistake,) = mistakes(tmp_path / "sequence.py")
    assert (mistake.code, mistake.label) == (
        "unexpected-sequence",
        "elements of Acceptor are in no order",
    )


def test_another_require_is_not_taken_for_a_guard(tmp_path: Path) -> None:
    own = "\n\ndef require(condition):\n    return None\n"
    text = NAMED.replace(", require\n", f"\n{own}")
    (tmp_path / "own.py").write_text(text)
    (mistake,) = mistakes(tmp_path / "own.py")
    assert mistake.title == "name `require` is not that of the modelling language"
