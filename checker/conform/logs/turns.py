"""What the journals of replicas have in common (`quorate.impl.replicated.turns`): turns and starts.

A turn of a node whose records did not become durable has happened to nobody, and is passed over: it
is known by the node's next start, or by the end of its journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .line import Beyond, Unreadable

Fields = Mapping[str, Any]


class Turns:
    """Follows the lives of the nodes, line by line."""

    def __init__(self, lines: Iterable[Fields]) -> None:
        """`lines` is all that will be read."""
        self._lost = _lost_turns(lines)
        self._lives: dict[str, int] = {}

    def happened(self, line: Fields, protocol: str) -> bool:
        """Whether a line is of something that happened. Raises Unreadable for what is no line."""
        node, event = line.get("node"), line.get("event")
        if not isinstance(node, str) or not isinstance(event, str) or "turn" not in line:
            raise Unreadable(
                f"found no node, turn or event, expected a line of {protocol}'s journal"
            )
        if event == "started":
            self._lives[node] = self._lives.get(node, 0) + 1
            return True
        return (
            event != "durable" and (node, self._lives.get(node, 0), line["turn"]) not in self._lost
        )

    def started_again(self, line: Fields) -> bool:
        """Of the line of a start, whether it is not the first. Raises Beyond if one is missing."""
        node = line["node"]
        again = self._lives[node] > 1
        if not again and line["records"]:
            raise Beyond(f"{node} had {line['records']} records before its journal begins")
        return again


def _lost_turns(lines: Iterable[Fields]) -> frozenset[tuple[str, int, int]]:
    """The turns whose records did not become durable: by node, by its life from 1, by number."""
    lost: set[tuple[str, int, int]] = set()
    lives: dict[str, int] = {}
    open_turns: dict[str, tuple[int, int]] = {}
    for line in lines:
        node, event = str(line.get("node")), line.get("event")
        if event == "started":
            turn, records = open_turns.pop(node, (0, 0))
            if records > line["records"]:
                lost.add((node, lives[node], turn))
            lives[node] = lives.get(node, 0) + 1
        elif event == "durable":
            open_turns.pop(node, None)
        elif "records" in line:
            open_turns[node] = (line["turn"], line["records"])
    lost.update((node, lives.get(node, 0), turn) for node, (turn, _) in open_turns.items())
    return frozenset(lost)


def nodes_in(lines: Iterable[Fields]) -> list[str]:
    """The nodes that wrote lines, in the order of their names."""
    return sorted({str(line.get("node")) for line in lines})


def objects_in(found: Any) -> Iterator[Fields]:
    """The objects within a value, itself included, from outside in."""
    if isinstance(found, dict):
        yield found
        for inner in found.values():
            yield from objects_in(inner)
    elif isinstance(found, (list, tuple)):
        for inner in found:
            yield from objects_in(inner)
