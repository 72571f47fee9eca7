"""The state graph on the page: around a state, as a whole, and as classes of states."""

from __future__ import annotations

import ast
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from random import Random
from typing import Any

import pytest

from quorate.checker.errors import InputError
from quorate.checker.loading import load_protocol
from quorate.checker.page import near, quotient, session, whole
from quorate.checker.page.expressions import GroupingExpressions
from quorate.checker.page.walk import Walk
from quorate.model.language import ModelError, Protocol, SizeError, Sizes, StepError
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter, State
from tests.support.strategies import generate, loaded, sized

from .protocols import Lock
from .test_session import VIOLATED, Asking


@pytest.fixture(scope="module")
def ask() -> Asking:
    return Asking()


def distances(ask: Asking, start: State) -> dict[State, int]:
    """How many steps each state is away, by CPython alone. Use it inside the sizes."""
    interpreter, found = Interpreter(Lock, ask.sizes), {start: 0}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        for _, _, after in list(interpreter.successors(state)):
            if after not in found:
                found[after] = found[state] + 1
                queue.append(after)
    return found


def test_around_a_state_are_those_within_so_many_steps(ask: Asking) -> None:
    way = ask.walked("ask(n0)", "take(n0)")
    found = ask("near", way=way, radius=2)
    with ask.sizes:
        initial = Interpreter(Lock, ask.sizes).initial()[0]
        there = distances(ask, ask.session.walk.end(way))
        after = sorted(d for d in there.values() if d <= 2)
        assert sorted(n["layer"] for n in found["nodes"]) == [-2, *after]
        for node in found["nodes"]:
            state = ask.session.walk.end(node["way"])
            assert (there[state] if node["layer"] >= 0 else -2) == node["layer"]
            assert node["here"] == (state == ask.session.walk.end(way))
        assert ask.session.walk.end(found["nodes"][-1]["way"]) == initial
    assert [n["title"] for n in found["nodes"] if n["path"]] == [
        "take(n0)",
        "hear(Ask(n=n0))",  # which leads back to the state before
        "the initial state",
    ]


def test_a_layer_that_is_too_large_is_left_out_and_said(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near, "MOST_NEAR", 4)
    monkeypatch.setattr(near, "MOST_BEFORE", 1)
    found = ask("near", way=[0], radius=3)
    assert {n["layer"] for n in found["nodes"]} == {0, 1}
    assert found["cut"] == {"layer": 2, "states": 3}
    found = ask("near", way=ask.walked("ask(n0)", "ask(n1)"), radius=2, before=True)
    assert found["before"]["cut"] == {"layer": 1, "states": 4}
    assert [n["layer"] for n in found["nodes"] if n["before"]] == []


def test_what_leads_to_a_state_is_found_backwards() -> None:
    ask = Asking()
    way = ask.walked("ask(n0)", "ask(n1)")
    assert ask("near", way=way, radius=2)["before"] is None  # until it is asked for
    found = ask("near", way=way, radius=2, before=True)
    states = ask("whole", way=[0])["states"]
    assert found["before"] == {"states": states, "complete": True, "known": True, "cut": None}
    assert ask("near", way=way, radius=2)["before"] == found["before"]  # it is known now
    with ask.sizes:
        here = ask.session.walk.end(way)
        there = {s: distances(ask, s) for s in distances(ask, ask.session.walk.initial[0])}
        ways = [ask("way", state=n["state"])["way"] for n in found["nodes"] if n["before"]]
        earlier = {ask.session.walk.end(w): n for w, n in zip(ways, _before(found), strict=True)}
        after = distances(ask, here)
        path = {ask.session.walk.end(way[:k]) for k in (1, 2)}
        wanted = {
            s: d[here]
            for s, d in there.items()
            if d.get(here, 9) <= 2 and after.get(s, 9) > 2 and s not in path
        }
    assert {s: -n["layer"] for s, n in earlier.items()} == wanted and len(wanted) >= 1
    for state, node in earlier.items():
        last = ask.titles(*ask("way", state=node["state"])["way"][:-1])
        assert node["title"] in last and node["way"] is None, state


def _before(found: Any) -> list[Any]:
    return [n for n in found["nodes"] if n["before"]]


def test_what_the_search_did_not_find_is_not_said_to_lead_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "whole_graph", partial(whole.whole_graph, most=2))
    ask = Asking()
    found = ask("near", way=ask.walked(*VIOLATED), radius=1, before=True)
    assert not found["before"]["complete"] and not found["before"]["known"]
    assert _before(found) == []


def test_the_whole_graph_is_that_of_cpython(ask: Asking) -> None:
    found = ask("whole", way=ask.walked("ask(n1)"))
    with ask.sizes:
        interpreter = Interpreter(Lock, ask.sizes)
        depth = distances(ask, interpreter.initial()[0])
        edges = {(s, t) for s in depth for _, _, t in list(interpreter.successors(s)) if s != t}
        violated = [s for s in depth if not interpreter.holds("one_at_a_time", s)]
    assert found["complete"] and found["states"] == len(depth)
    assert sorted(found["layers"]) == sorted(depth.values())
    assert len(found["edges"]) == len(edges)
    assert len(found["violated"]) == len(violated) == 1
    assert ask("way", state=found["here"])["way"] == ask.walked("ask(n1)")
    for state in range(found["states"]):
        way = ask("way", state=state)["way"]
        assert len(way) - 1 == found["layers"][state]


def test_of_how_many_states_some_were_visited_is_known_then(ask: Asking) -> None:
    assert Asking()("coverage")["all"] is None
    assert ask("coverage")["all"] == ask("whole", way=[0])["states"]


def test_more_than_can_be_drawn_is_counted_alone(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "MOST_DRAWN", 3)
    found = ask("whole", way=[0])
    assert found["states"] > found["most"] == 3 and "edges" not in found


def test_a_search_that_was_cut_short_says_so() -> None:
    cut = whole.whole_graph(Lock, Lock.sized(Node=2), most=5)
    assert not cut.extent()["complete"] and cut.extent()["states"] >= 5


@pytest.mark.parametrize(
    "names",
    [
        ["self.held"],
        ["self.held[n0]", "len(self.sent[Ask])"],
        ["it_is_held"],
        ["self.sent", "one_at_a_time"],
        ["{n: self.held[n] for n in Node}", "{m.n for m in self.sent[Ask]}"],
    ],
)
def test_classes_are_what_cpython_tells_apart(ask: Asking, names: list[str]) -> None:
    found = ask("classes", way=[0], names=names)
    with ask.sizes:
        walk = ask.session.walk
        states = list(distances(ask, walk.initial[0]))

        def seen(state: State) -> tuple[str, ...]:
            held, sent = state[0], state[1]
            told = {
                "self.held": f"{{n0: {held[0]}, n1: {held[1]}}}",
                "self.held[n0]": str(held[0]),
                "len(self.sent[Ask])": str(len(sent)),
                "it_is_held": str(any(held)),
                "one_at_a_time": str(not all(held)),
                "self.sent": "{" + ",".join(sorted(map(repr, sent))) + "}",
                "{n: self.held[n] for n in Node}": f"{{n0: {held[0]}, n1: {held[1]}}}",
                "{m.n for m in self.sent[Ask]}": "{"
                + ",".join(sorted(repr(m.n) for m in sent))
                + "}",
            }
            return tuple(told[name] for name in names)

        counts: dict[tuple[str, ...], int] = {}
        for state in states:
            counts[seen(state)] = counts.get(seen(state), 0) + 1
        steps = [(s, t) for s in states for _, _, t in list(walk.interpreter.successors(s))]
        between = sum(seen(s) != seen(t) for s, t in steps)
    assert {tuple(n["values"]): n["states"] for n in found["nodes"]} == counts
    assert sum(n for edge in found["edges"] for n in edge["actions"].values()) == between
    assert [n["here"] for n in found["nodes"]].count(True) == 1


def test_too_many_classes_are_not_drawn(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotient, "MOST_CLASSES", 2)
    found = ask("classes", way=[0], names=["self.held"])
    assert found["classes"] == 4 and "nodes" not in found


def test_messages_on_links_are_counted_too() -> None:
    ask = Asking(load_protocol("LamportMutex"), Process=2, Clock=1, Depth=1)
    offered = {e["name"]: e["kind"] for e in ask("protocol")["expressions"]}
    assert offered["len(self.sent[Request])"] == "messages" and offered["self.sent"] == "variable"
    found = ask("classes", way=[0], names=["len(self.sent[Request])"])
    counts = {int(n["values"][0]): n["states"] for n in found["nodes"]}
    assert 0 in counts and sum(counts.values()) == found["states"]
    way = ask.walked(next(t for t in ask.titles(0) if t.startswith("request")))
    (links,) = [v for v in ask("at", way=way)["state"] if v["name"] == "sent"]
    held = [c for c in links["cells"] if "Request" in c["value"]]
    near = ask("classes", way=way, names=["len(self.sent[Request])"])
    here = next(n for n in near["nodes"] if n["here"])
    assert here["values"] == [str(len(held))] and len(held) > 0


def test_expressions_are_those_of_the_protocol(ask: Asking) -> None:
    about = ask("protocol")
    assert {e["name"]: e["kind"] for e in about["expressions"]} == {
        "self.held": "variable",
        "self.held[n0]": "cell",
        "self.held[n1]": "cell",
        "self.sent": "variable",
        "len(self.sent[Ask])": "messages",
        "one_at_a_time": "property",
        "it_is_held": "property",
    }
    assert about["words"] == ["Node", "n0", "n1"]
    for text, name in [(" held ", "self.held"), ("len(Node)+ 1", "len(Node)+ 1")]:
        assert ask("expression", text=text) == {"name": name}
    with pytest.raises(InputError, match=r"there are \d+ states, and no number 999"):
        ask("way", state=999)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("self.held[n7]", "error[unknown-name]: name `n7` is not defined"),
        ("len(self.sent[Ask]", "error[not-an-expression]: expected an expression: '(' was never"),
        ("self.sent[Ask]", "error[not-a-value]: expected a value, found a list of Ask"),
        ("self.take(n0)", "error["),
        ("open('x').read()", "error[foreign-call]: "),
        ("self.__class__", "error["),
        ("\0", "error[not-an-expression]: "),
    ],
)
def test_a_text_that_is_no_expression(ask: Asking, text: str, said: str) -> None:
    """The mistakes are those of the model's front end: the place, what is there, what is wanted."""
    with pytest.raises(ModelError) as found:
        ask("expression", text=text)
    told = str(found.value)
    assert told.startswith(said) and "--> <expression>:1:" in told and " in Lock" in told
    with pytest.raises(ModelError):
        ask("classes", way=[0], names=[text])


def told_apart(protocol: type[Protocol], sizes: Sizes, texts: Iterable[str]) -> Counter[str]:
    """Compare classes with what CPython says of each state; what became of each text."""
    with sizes:
        walk = Walk(protocol, sizes)
        if not walk.initial:
            return Counter()
        graph = whole.whole_graph(protocol, sizes, most=60)
        expressions = GroupingExpressions(walk)
        fates: Counter[str] = Counter()
        for text in [*expressions.offered(), *texts]:
            try:
                e = expressions.read(text)
            except ModelError:
                fates["refused"] += 1  # it has names that are bound outside it
                continue
            try:
                classes, first = quotient.classes_of(graph, [e])
            except SizeError:  # sets of numbers without a range
                fates["too large"] += 1
                continue
            values = [expressions.told(e, graph.state(k)) for k in range(graph.graph.nodes)]
            assert [values[first[k]] for k in classes] == values, text
            assert len(first) == len(set(values)), text
            fates[e.kind] += 1
            fates["undefined"] += "undefined" in values
    return fates


def parts_of(text: str) -> Iterator[str]:
    """The expressions in a source that read the state."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.expr) and "self" in (part := ast.unparse(node)) and len(part) < 400:
            yield part


def compared(seeds: Iterable[int], most: int) -> Counter[str]:
    """Classes by some parts of generated protocols are those that CPython tells apart."""
    fates: Counter[str] = Counter()
    for seed in seeds:
        source = generate(Random(seed))
        with loaded(source) as protocol:
            try:
                describe(protocol)
                sizes = sized(protocol, source)
                with sizes:
                    Walk(protocol, sizes)
            except (ModelError, SizeError, StepError):
                continue
            fates += told_apart(protocol, sizes, islice(parts_of(source.text), most))
    return fates


def test_classes_by_expressions_of_generated_protocols() -> None:
    fates = compared(range(3), 6)
    assert fates["typed"] >= 5 and fates["variable"] >= 3


@pytest.mark.exhaustive
def test_classes_by_expressions_of_many_generated_protocols() -> None:
    fates = compared(range(2, 60), 200)
    assert fates["typed"] >= 500 and fates["undefined"] >= 5
