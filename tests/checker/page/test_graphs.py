"""The state graph on the page: around a state, as a whole, and as classes of states."""

from __future__ import annotations

from collections import deque

import pytest

from quorate.checker.errors import InputError
from quorate.checker.loading import load_protocol
from quorate.checker.page import near, quotient, whole
from quorate.model.language.interpreter import Interpreter, State

from .protocols import Lock
from .test_session import Asking


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
    found = ask("near", way=[0], radius=3)
    assert {n["layer"] for n in found["nodes"]} == {0, 1}
    assert found["cut"] == {"layer": 2, "states": 3}


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
    "names", [["held"], ["held[n0]", "number of Ask"], ["it_is_held"], ["sent", "one_at_a_time"]]
)
def test_classes_are_what_cpython_tells_apart(ask: Asking, names: list[str]) -> None:
    found = ask("classes", way=[0], names=names)
    with ask.sizes:
        walk = ask.session.walk
        states = list(distances(ask, walk.initial[0]))

        def seen(state: State) -> tuple[str, ...]:
            held, sent = state[0], state[1]
            told = {
                "held": f"{{n0: {held[0]}, n1: {held[1]}}}",
                "held[n0]": str(held[0]),
                "number of Ask": str(len(sent)),
                "it_is_held": str(any(held)).lower(),
                "one_at_a_time": str(not all(held)).lower(),
                "sent": "{" + ",".join(sorted(map(repr, sent))) + "}",
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
    found = ask("classes", way=[0], names=["held"])
    assert found["classes"] == 4 and "nodes" not in found


def test_messages_on_links_are_counted_too() -> None:
    ask = Asking(load_protocol("LamportMutex"), Process=2, Clock=1, Depth=1)
    offered = {e["name"]: e["kind"] for e in ask("protocol")["expressions"]}
    assert offered["number of Request"] == "messages" and offered["sent"] == "variable"
    found = ask("classes", way=[0], names=["number of Request"])
    counts = {int(n["values"][0]): n["states"] for n in found["nodes"]}
    assert 0 in counts and sum(counts.values()) == found["states"]
    way = ask.walked(next(t for t in ask.titles(0) if t.startswith("request")))
    (links,) = [v for v in ask("at", way=way)["state"] if v["name"] == "sent"]
    held = [c for c in links["cells"] if "Request" in c["value"]]
    near = ask("classes", way=way, names=["number of Request"])
    here = next(n for n in near["nodes"] if n["here"])
    assert here["values"] == [str(len(held))] and len(held) > 0


def test_expressions_are_those_of_the_protocol(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = {e["name"]: e["kind"] for e in ask("protocol")["expressions"]}
    assert offered == {
        "held": "variable",
        "held[n0]": "cell",
        "held[n1]": "cell",
        "sent": "variable",
        "number of Ask": "messages",
        "one_at_a_time": "property",
        "it_is_held": "property",
    }
    with pytest.raises(InputError, match=r"held\[n7\]: not one of the expressions of Lock"):
        ask("classes", way=[0], names=["held[n7]"])
    monkeypatch.setattr(quotient, "MOST_EVALUATED", 3)
    with pytest.raises(InputError, match="it_is_held: a property is evaluated in at most 3 states"):
        ask("classes", way=[0], names=["it_is_held", "held"])
    with pytest.raises(InputError, match=r"there are \d+ states, and no number 999"):
        ask("way", state=999)
