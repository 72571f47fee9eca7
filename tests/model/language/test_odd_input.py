"""Whatever an author writes is either read or reported: reading never fails in another way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from quorate.model.language import ModelError, eventually, invariant
from quorate.model.language.description import describe

from ...support.loading import load_protocol
from .nodes import nodes
from .odd import HEAD

ACTION = """
    @action
    def act_{}(self, a: Acceptor, x: Ballot, v: Value, q: Quorum, r: Other, i: Slot) -> None:
        {}
        self.ok = True
"""
EXPRESSIONS = (
    """
a|x|v|q|r|i|1|-1|None|True|"s"|1.5|...|()|(a,)|[]|[a]|{a}|{a, v}|{}|{a: x}|set()|frozenset()
self|self.n|self.n[a]|self.n[a, v]|self.n[:]|self.n[a][0]|self.n[(a,)]|self.m[a, x]|self.m[a]
self.s[a]|self.log[a]|self.log[a][-1]|self.log[a][0]|self.log[a][:1]|self.log[a][-2]|self.last
self.log[a][i].v|self.log[a][-1].b|self.last.b|self.last.v|self.role[a]|self.ok|self.sent
self.sent[Prepare]|self.sent[Entry]|self.sent[0]|self.voted|self.voted(x)|self.voted(x)[0]
self.act_0|self.act_0(a)|self.zzz|Acceptor|Quorum|Slot|Role|Role.idle|Role.zzz|Role.idle.name
Ballot.never|Ballot.nevr|Acceptor(0)|Prepare|Prepare(x)|Prepare(b=x)|Prepare(*a)|Prepare(**a)
Entry(x, None)|Entry(x, v).v|Promise(a, None)|Promise(a, Entry(x, v))|Promise(a, self.last)
not a|not self.s[a]|not self.sent[Prepare]|-i|+i|~self.ok|i + 1|i - 1|i * 2|i / 2|x + 1
self.log[a] + (Entry(x, v),)|self.log[a] + []|self.log[a] + [a]|self.s[a] + {v}|self.s[a] & set()
q & r|q - r|q == r|q == q|q <= r|q == {a}|a in q|v in q|v in self.s[a]|v in self.sent
Prepare(x) in self.sent|Prepare(x) in self.sent[Prepare]|a in (a, a)|a in self.log[a]|a is None
a is a|i is i|a < a|x < x < x|x < i|i < 2|i == None|self.last == None|None == None|x == v
a if self.ok else None|a if a else v|x if self.ok else a|None if self.ok else None
[] if self.ok else [a]|self.sent[Prepare] if self.ok else self.voted(x)|len(q)|len(Acceptor)
len(Quorum)|len(self.log[a])|len(self.s)|len()|len(a)|len(self.voted(x))|min(i, 2)|max(x, self.b)
len({m.b for m in self.sent[Prepare]})|len({Entry(m.b, v) for m in self.sent[Prepare]})|max(x)
max(a, a)|range(i)|range()|range(0, i, 2)|all(True for c in Acceptor)|all(c for c in Acceptor)
any(c == d for c, d in Acceptor)|any(c == a for c in self.n)|any(c == a for c in a)
any(c == 1 for c in range(i))|any(c == x for c in self.voted(x))|any(m.b == x for m in self.sent)
any(m.b == x for m in self.voted(x))|any(True for c in Acceptor for c in Acceptor)|any(q)|all()
[c for c in Acceptor]|{c for c in Acceptor}|{c: 0 for c in Acceptor}|(c for c in Acceptor)
{c: x for c in Acceptor if c == a}|lambda: a|f"{a}"|(yield)|(z := a)|a[0]|a.b.c|q[0]|print(a)|zzz
zzz(a)|super().act(a)|super()|Optional|[*q]|sum(1 for c in q)|sorted(q)|self.n.get(a)|enum
self.s[a].union(q)|require(a)|__name__|a and v|self.ok or a|self.ok & self.ok|self.ok == True
self.s[a] == {v}|self.s[a] < {v}|self.log[a] == ()|{Entry(x, v)}|Role.idle < Role.lead|Role(1)
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
STATEMENTS = ["require({})", "self.b = {}", "self.s[a] = {}", "self.sent.add({})", "y = {}", "{}"]
MORE = """
for c in {}: self.n[a] = 0
if {}: self.b = x
self.m[{}, x] = v
self.log[a] = {}
self.n[a] += {}
return {}
self.crash({})
""".strip().splitlines()


def texts(form: str) -> list[str]:
    found = [form.replace("{}", e, 1) for e in EXPRESSIONS]
    return [text for text in found if parses(text)]


def parses(text: str) -> bool:
    try:
        ast.parse(f"def f():\n    {text}")
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("form", [*STATEMENTS, *MORE])
def test_it_is_read_or_reported(form: str, step: int, tmp_path: Path) -> None:
    """With each expression, or with some of them: others for each form."""
    first = [*STATEMENTS, *MORE].index(form) % step
    wanted = texts(form)[first::step]
    path = tmp_path / "odd.py"
    path.write_text(HEAD + "".join(ACTION.format(i, text) for i, text in enumerate(wanted)))
    with pytest.raises(ModelError) as caught:
        describe(load_protocol(path))
    places = [d.where for d in caught.value.diagnostics]
    assert all(d.span.line > 0 and d.render() for d in caught.value.diagnostics)
    kept = [text for i, text in enumerate(wanted) if f"Odd.act_{i}" not in places]
    kept.append("pass")
    path = tmp_path / "kept.py"
    path.write_text(HEAD + "".join(ACTION.format(i, text) for i, text in enumerate(kept)))
    protocol = load_protocol(path)
    assert len(describe(protocol).actions) == len(kept)
    assert not {type(n).__module__.rpartition(".")[2] for n in nodes(protocol)} & {"surface"}


def test_what_stands_alone_takes_no_arguments() -> None:
    with pytest.raises(TypeError, match=r"@eventually stands alone above a method; found \(\)"):
        eventually()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"@invariant stands alone .* found {'fair': 'weak'}"):
        invariant(fair="weak")  # type: ignore[call-arg]
