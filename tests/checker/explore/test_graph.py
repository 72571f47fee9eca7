"""State graphs and their exports."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import networkx
import pytest

from quorate.checker.explore import graph as module
from quorate.checker.explore.graph import LazyState, StateGraph
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.model.language import SizeError
from quorate.model.paxos import Paxos

from ...support.searching import explorer
from . import toys


@pytest.fixture(scope="module")
def small() -> StateGraph:
    search = Explorer(Paxos, Paxos.sized(Acceptor=2, Ballot=1, Value=2))
    search.run()
    return StateGraph(search)


def test_edges_are_the_transitions(small: StateGraph) -> None:
    search = small.explorer
    assert small.nodes == search.store.count
    assert small.edges == int(search.fired.sum())
    fired = Counter(label.action for _, _, label in small.each_edge())
    assert fired == Counter(dict(zip(search.kernel.actions, map(int, search.fired), strict=True)))
    assert small.out_degree().sum() == small.edges
    assert {str(label) for label in small.edge_labels} >= {"phase1a(b1)", "phase1b(a0, b1)"}


def test_networkx(small: StateGraph) -> None:
    found = small.to_networkx()
    assert isinstance(found, networkx.MultiDiGraph)
    assert (found.number_of_nodes(), found.number_of_edges()) == (small.nodes, small.edges)
    assert networkx.has_path(found, 0, small.nodes - 1)
    a, b, data = next((a, b, d) for a, b, d in found.edges(data=True) if d["action"] == "phase2a")
    assert set(data["arguments"]) == {"b", "v", "q"}
    state = found.nodes[a]["state"]
    assert isinstance(state, LazyState) and state._values is None
    assert set(state) == {"max_bal", "max_vbal", "max_val", "sent"} and len(state) == 4
    assert state["sent"] != found.nodes[b]["state"]["sent"]
    assert [k for k, d in found.nodes(data=True) if d["initial"]] == [0]


def test_graphml_can_be_read_again(small: StateGraph, tmp_path: Path) -> None:
    path = tmp_path / "graph.graphml"
    small.write(path)
    found = networkx.read_graphml(path, node_type=int, force_multigraph=True)
    assert (found.number_of_nodes(), found.number_of_edges()) == (small.nodes, small.edges)
    ours = Counter((a, b, str(label)) for a, b, label in small.each_edge())
    assert Counter((a, b, d["label"]) for a, b, d in found.edges(data=True)) == ours
    phase1b = next(d for _, _, d in found.edges(data=True) if d["action"] == "phase1b")
    assert phase1b["label"] == f"phase1b({phase1b['a']}, {phase1b['b']})"
    assert found.nodes[0]["max_bal"] == str(small.variables(0)["max_bal"])


def test_json(small: StateGraph, tmp_path: Path) -> None:
    path = tmp_path / "graph.json"
    small.write(path)
    found = json.loads(path.read_text(encoding="utf-8"))
    assert (found["protocol"], found["initial"]) == ("Paxos", [0])
    assert found["sizes"] == {"Acceptor": 2, "Ballot": 1, "Value": 2}
    assert (len(found["nodes"]), len(found["edges"])) == (small.nodes, small.edges)
    edge = next(e for e in found["edges"] if e["action"] == "phase2b")
    assert set(edge["arguments"]) == {"a", "b", "v"}


def test_dot(small: StateGraph, tmp_path: Path) -> None:
    path = tmp_path / "graph.dot"
    small.write(path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith('digraph "Paxos" {\n') and text.endswith("}\n")
    assert len(re.findall(r"^  \d+ \[label=", text, re.M)) == small.nodes
    assert len(re.findall(r"^  \d+ -> \d+ \[label=", text, re.M)) == small.edges


def test_an_unknown_format_is_refused(small: StateGraph, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"unknown graph format `\.png`, expected \.graphml, "):
        small.write(tmp_path / "graph.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["graphml", "dot", "json"])
def test_a_write_that_fails_leaves_what_was_there(
    small: StateGraph, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"graph.{suffix}"
    path.write_text("before", encoding="utf-8")

    def fail(self: StateGraph, node: int) -> dict[str, str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(StateGraph, "variables", fail)
    with pytest.raises(KeyboardInterrupt):
        small.write(path)
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_search_that_stopped_gives_the_part_it_saw() -> None:
    search = Explorer(toys.Bounded, toys.Bounded.sized(Step=9))
    assert search.run().violated == "below_four"
    found = StateGraph(search)
    assert (found.nodes, found.edges) == (5, 4)


def test_steps_that_change_nothing_are_loops() -> None:
    search = Explorer(toys.Idle, toys.Idle.sized(Node=3))
    search.run()
    found = StateGraph(search)
    assert [(a, b) for a, b, _ in found.each_edge()] == [(0, 0)] * 3
    assert [str(x) for x in found.edge_labels] == ["stay(n0)", "stay(n1)", "stay(n2)"]


def test_several_roots_and_no_edges() -> None:
    search = Explorer(toys.Starts, toys.Starts.sized(Node=3))
    search.run()
    assert StateGraph(search).initial == 3
    search = Explorer(toys.Stuck, toys.Stuck.sized())
    search.run()
    assert StateGraph(search).edges == 0


def test_a_large_graph_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    search = Explorer(toys.Counter, toys.Counter.sized(Step=7))
    search.run()
    needed = 8 * module.STATE + 7 * module.EDGE
    monkeypatch.setattr(module, "free_memory", lambda: needed)
    assert StateGraph(search).edges == 7
    monkeypatch.setattr(module, "free_memory", lambda: needed - 1)
    with pytest.raises(SizeError, match=r"the graph of 8 states and 7 steps .* 0\.0 MiB are free"):
        StateGraph(search)


def test_a_graph_has_what_the_given_memory_leaves() -> None:
    memory = 32 << 20
    search = explorer(toys.Counter, toys.Counter.sized(Step=7), memory=memory)
    search.run()
    assert StateGraph(search).edges == 7
    search.placement = replace(search.placement, memory=8 * search.bytes_per_state() + 100)
    with pytest.raises(SizeError, match=r"and --memory leaves 0\.0 MiB: take smaller sizes"):
        StateGraph(search)
