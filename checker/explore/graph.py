"""The states and transitions that a search found, as a graph.

States stay packed; a node's attributes are decoded when they are read. Every enabled action
instance is an edge, also those that change nothing, so the number of edges is the number of
transitions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.lazily import lazily
from quorate.model.language import SizeError

from .expand import Label, Labels, every_step
from .search import driver as d
from .store.budget import free_memory

if TYPE_CHECKING:
    import networkx as nx

    from quorate.checker.tracing import values
    from quorate.traces import files
else:
    values = lazily("quorate.checker.tracing.values")
    files = lazily("quorate.traces.files")

SCHEMA = 1

# Bytes that a graph and its analysis take at the most, measured; what they keep is a third of that.
STATE, EDGE = 256, 64


class LazyState(Mapping[str, Any]):
    """The variables of one state, unpacked when they are first read."""

    def __init__(self, graph: StateGraph, node: int) -> None:
        self._graph, self._node = graph, node
        self._values: dict[str, Any] | None = None

    def _decoded(self) -> dict[str, Any]:
        if self._values is None:
            self._values = self._graph.variables(self._node)
        return self._values

    def __getitem__(self, name: str) -> Any:
        return self._decoded()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._decoded())

    def __len__(self) -> int:
        return len(self._decoded())

    def __repr__(self) -> str:
        return ", ".join(f"{k}={v}" for k, v in self._decoded().items())


def _refuse_large(explorer: Explorer) -> None:
    """Raise SizeError if the graph would not fit in the memory that is left."""
    states, edges = explorer.store.count, int(explorer.fired.sum())
    size, memory = STATE * states + EDGE * edges, explorer.placement.memory
    left = free_memory() if memory is None else memory - explorer.bytes_per_state() * states
    if size > left:
        there = f"{max(0, left) / 2**20:,.1f} MiB"
        there = f"{there} are free" if memory is None else f"--memory leaves {there}"
        raise SizeError(
            f"the graph of {states:,} states and {edges:,} steps would take up to "
            f"{size / 2**20:,.1f} MiB, and {there}: take smaller sizes"
        )


class StateGraph:
    """The graph of an explorer that has run.

    Raises SizeError if it would be too large, and ValueError after a search with reductions.

    Nodes are numbered in breadth-first order; node 0 is (the first) initial state. `sources`,
    `targets` and `labels` are parallel arrays, one entry per edge; `edge_labels[labels[e]]` says
    what edge e does.
    """

    def __init__(self, explorer: Explorer) -> None:
        if explorer.kernel.reducing:
            raise ValueError("orbits have no state graph: explore again without symmetry")
        if explorer.search.reducing:
            raise ValueError("states were left out: explore again without partial-order reduction")
        _refuse_large(explorer)
        self.explorer = explorer
        self.nodes = explorer.store.count
        self.initial = len(explorer.initial)
        with explorer.sizes:
            labels = Labels(explorer.kernel.source.possible, explorer.packing)
            codes = self._collect(labels)
            known, numbers = np.unique(codes, return_inverse=True)
            self.labels: npt.NDArray[np.uint32] = numbers.astype(np.uint32)
            self.edge_labels = [labels.label(int(code)) for code in known]

    def _collect(self, labels: Labels) -> npt.NDArray[np.int64]:
        """Fill `sources` and `targets`; returns the code of each edge."""
        e = self.explorer
        words, actions = e.kernel.words, e.kernel.actions
        machine_code = every_step(e.kernel, labels.starts)
        expanded = int(e.control[d.HEAD])
        most = max(1, e.kernel.most_transitions)
        room = int(e.fired.sum()) + most
        self.sources = np.empty(room, np.uint32)
        self.targets = np.empty(room, np.uint32)
        codes = np.empty(room, np.int64)
        edges = d.edges(
            machine_code.address("successors"),
            words,
            e.store.states,
            e.store.index(),
            expanded,
            np.zeros(len(actions), np.int64),
            np.zeros(most * words, np.uint64),
            np.zeros(most, np.int64),
            self.sources,
            self.targets,
            codes,
        )
        self.sources, self.targets = self.sources[:edges], self.targets[:edges]
        return codes[:edges]

    @property
    def edges(self) -> int:
        """The number of transitions."""
        return len(self.sources)

    def variables(self, node: int) -> dict[str, Any]:
        """The variables of a state, as text values."""
        with self.explorer.sizes:
            return values.show_state(self.explorer.description, self.explorer.state(node))

    def each_edge(self) -> Iterator[tuple[int, int, Label]]:
        """Source, target and label of every edge."""
        for a, b, label in zip(self.sources, self.targets, self.labels, strict=True):
            yield int(a), int(b), self.edge_labels[int(label)]

    def out_degree(self) -> npt.NDArray[np.int64]:
        """The number of transitions that leave each node."""
        return np.bincount(self.sources, minlength=self.nodes)

    def resting(self) -> int:
        """The number of nodes from which no edge leads to another one."""
        return self.nodes - len(np.unique(self.sources[self.sources != self.targets]))

    # ------------------------------------------------------------ exports

    def to_networkx(self) -> nx.MultiDiGraph:
        """A networkx graph: node attribute `state` (a lazy mapping), edge `action`, `arguments`."""
        import networkx

        graph = networkx.MultiDiGraph(
            protocol=self.explorer.description.name, sizes=str(self.explorer.sizes)
        )
        graph.add_nodes_from(
            (k, {"state": LazyState(self, k), "initial": k < self.initial})
            for k in range(self.nodes)
        )
        graph.add_edges_from(
            (a, b, {"action": label.action, "arguments": dict(label.arguments)})
            for a, b, label in self.each_edge()
        )
        return graph

    def write(self, path: Path) -> None:
        """Write GraphML, DOT or JSON, by the suffix of the path. Raises ValueError, OSError."""
        writers = {".graphml": self._graphml, ".dot": self._dot, ".json": self._json}
        if path.suffix not in writers:
            known = ", ".join(writers)
            raise ValueError(f"{path}: unknown graph format `{path.suffix}`, expected {known}")
        with files.replacing(path) as partial:
            writers[path.suffix](partial)

    def _rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        for k in range(self.nodes):
            yield k, {name: str(value) for name, value in self.variables(k).items()}

    def _graphml(self, path: Path) -> None:
        import networkx

        graph = networkx.MultiDiGraph()
        graph.add_nodes_from(self._rows())
        graph.add_edges_from(
            (a, b, {"action": x.action, "label": str(x)} | {n: str(v) for n, v in x.arguments})
            for a, b, x in self.each_edge()
        )
        networkx.write_graphml(graph, path)

    def _dot(self, path: Path) -> None:
        with path.open("w", encoding="utf-8") as file:
            file.write(f'digraph "{self.explorer.description.name}" {{\n')
            for k, row in self._rows():
                text = "\n".join(f"{name} = {value}" for name, value in row.items())
                file.write(f"  {k} [label={json.dumps(text, ensure_ascii=False)}];\n")
            for a, b, label in self.each_edge():
                file.write(f"  {a} -> {b} [label={json.dumps(str(label), ensure_ascii=False)}];\n")
            file.write("}\n")

    def _json(self, path: Path) -> None:
        with path.open("w", encoding="utf-8") as file:
            head = {
                "schema": SCHEMA,
                "protocol": self.explorer.description.name,
                "sizes": dict(self.explorer.sizes),
                "initial": list(range(self.initial)),
            }
            nodes = [{"id": k, **row} for k, row in self._rows()]
            edges = [
                {
                    "source": a,
                    "target": b,
                    "action": x.action,
                    "arguments": {n: str(v) for n, v in x.arguments},
                }
                for a, b, x in self.each_edge()
            ]
            json.dump({**head, "nodes": nodes, "edges": edges}, file, ensure_ascii=False, indent=1)
