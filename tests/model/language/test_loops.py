"""A loop means what its rounds do in CPython, one after the other; any other loop is refused."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from quorate.model.language import ModelError
from quorate.model.language.description import describe

from ...support.comparing.searches import compare
from ...support.examples import share
from ...support.strategies import loaded, sized
from ...support.strategies.loops import generate_loop, with_action

REFUSED = {
    "two writes of one cell": """
        for a in P:
            if self.x[a]:
                self.z = True
            else:
                self.z = False
""",
    "two writes, to cells that may be one": """
        for a in P:
            if self.x[a]:
                self.x[q] = True
            if not self.x[p]:
                self.x[a] = False
""",
    "two writes in a loop inside": """
        for a in P:
            for b in P:
                if self.r[a, b]:
                    self.w = a
                if self.r[b, a]:
                    self.w = b
""",
    "the last of a set": """
        for a in self.s:
            if not self.x[a]:
                self.w = a
""",
    "the last message": """
        for m in self.grow[G]:
            if self.x[m.a]:
                self.w = m.a
""",
    "the last of a list of messages": """
        for a in [m for m in self.grow[G] if self.x[m.a]]:
            if a.a != p:
                self.w = a.a
""",
    "the last of a quorum": """
        for a in quo:
            if self.x[a]:
                self.w = a
""",
    "the last of a set, found by a loop inside": """
        for a in self.s:
            for b in P:
                if self.r[a, b]:
                    self.w = b
""",
    "a crash loses what another round wrote": """
        for a in P:
            self.y[self.nxt[a]] = True
            self.crash(a)
""",
    "a crash of another process": """
        for a in P:
            self.y[a] = True
            self.crash(self.nxt[a])
""",
    "a crash loses what a later round reads": """
        for a in P:
            self.crash(a)
            self.x[a] = self.y[p]
""",
    "discarded where it is sent": """
        for m in self.sent[M]:
            self.sent.discard(m)
            self.sent.add(M(m.b, m.a))
""",
    "two ends of a link": """
        for a in P:
            self.ff.add(L(a, self.nxt[a]))
            self.ff.drop(self.nxt[a], a)
""",
}

KEPT = """
        for a in P:
            if self.x[a]:
                self.w = a
        for a in self.s:
            if self.x[a]:
                self.nxt[a] = q
            else:
                self.nxt[a] = p
        for a in P:
            self.y[a] = not self.y[a]
            if a == p:
                self.crash(a)
            else:
                self.z = True
        for a in self.s:
            if a != p:
                self.r[q] = {b: b == p for b in P}
"""


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_rounds_that_undo_each_other_are_refused(body: str) -> None:
    source = with_action(body, {"x", "y", "s"})
    with loaded(source) as protocol, pytest.raises(ModelError) as caught:
        describe(protocol)
    assert [d.code for d in caught.value.diagnostics] == ["order-dependent"]


def test_others_do_what_cpython_does() -> None:
    source = with_action(KEPT, {"x", "s"})
    with loaded(source) as protocol:
        assert compare(protocol, sized(protocol, source)) == "holds"


@pytest.mark.exhaustive
@given(st.randoms(use_true_random=False))
@share(5)
def test_generated(random: Random) -> None:
    source = generate_loop(random)
    with loaded(source) as protocol:
        try:
            event(compare(protocol, sized(protocol, source), limit=150))
        except ModelError:
            event("refused")
