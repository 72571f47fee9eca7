"""The journals of the bundled implementation, as `Paxos` sees them.

A record that an acceptor persists is a promise or a vote, which the model casts and sends at once;
the reply that leaves later, or never, is among the messages then. The first PREPARE and the first
ACCEPT of a ballot are steps of their own. What a node loads when it starts again is what the model
says that it persisted. What learners say was chosen must be chosen in the model.

The model's acceptors are the nodes, its ballots are the code's (round, proposer), in their order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from quorate.checker.conform.adapter import Setting
from quorate.traces import Record

from .line import Happening, Numbering, Says, Unreadable

NEVER = "never"
NO_RECORD: Fields = {"promised": None, "accepted": None}
NOTHING: tuple[Happening, ...] = ()

Fields = Mapping[str, Any]


class CodeBallot(NamedTuple):
    """A ballot as the code has it, ordered as it orders them."""

    round: int
    proposer: str

    def __str__(self) -> str:
        return f"{self.round}.{self.proposer}"


class ClusterLog:
    """Reads journals under `Paxos`."""

    def sizes(self, lines: Iterable[Fields]) -> dict[str, int]:
        """What the model needs for these lines."""
        seen = _Seen(lines)
        return {
            "Acceptor": max(1, len(seen.nodes)),
            "Ballot": max(1, len(seen.ballots)),
            "Value": max(1, len(seen.values)),
        }

    def start(self, setting: Setting, lines: Iterable[Fields]) -> None:
        """Bind the names in the journals to the model's elements."""
        missing = [s for s in ("Acceptor", "Ballot", "Value") if s not in setting.elements]
        if missing:
            raise Unreadable(f"the format is for Paxos: the model has no {', '.join(missing)}")
        seen = _Seen(lines)
        ballots = [e for e in setting.elements["Ballot"] if e != NEVER]
        self.nodes = Numbering("node", setting.elements["Acceptor"])
        for node in sorted(seen.nodes):
            self.nodes.add(node)
        self.ballots = Numbering("ballot", ballots, seen.ballots)
        self.values = Numbering("value", setting.elements["Value"])
        self._opened: set[CodeBallot] = set()
        self._asked: set[CodeBallot] = set()
        self._records: dict[str, Fields] = {}

    @property
    def names(self) -> dict[str, str]:
        """What stands for what, for people."""
        bindings = (self.nodes, self.values, self.ballots)
        return {str(x): element for b in bindings for x, element in b.pairs()}

    def read(self, line: Fields) -> Says | None:
        """What a line says. Raises Beyond, Unreadable."""
        node, event = line.get("node"), line.get("event")
        if not isinstance(node, str) or not isinstance(event, str):
            raise Unreadable('found no "node" or no "event", expected a line of a journal')
        match event:
            case "started":
                return self._started(node, line)
            case "persisted":
                return self._persisted(node, line)
            case "sent":
                return self._sent(node, line)
            case "received":
                return self._received(node, line)
            case "killed":
                return Says(NOTHING, node=node, crash=node)
        raise Unreadable(f"found the event {event!r}, expected one of a journal")

    # ------------------------------------------------------------ what nodes keep

    def _started(self, node: str, line: Fields) -> Says:
        record = _field(line, "acceptor", dict | None) or NO_RECORD
        learner = _field(line, "learner", dict | None) or {"committed": None}
        again = node in self._records
        # What was durable just before a crash may be in no line.
        late = again and record != self._records[node]
        self._records[node] = record
        return Says(
            self._voting(node, record) if late else NOTHING,
            values=self._values(node, record),
            holds=self._chosen(learner["committed"]),
            node=node,
            crash=node if again else None,
        )

    def _persisted(self, node: str, line: Fields) -> Says | None:
        record, role = _field(line, "record", dict), _field(line, "role", str)
        if role == "learner":
            return Says(NOTHING, holds=self._chosen(record["committed"]), node=node)
        if role != "acceptor":
            return None
        self._records[node] = record
        return Says(self._voting(node, record), values=self._values(node, record), node=node)

    def _voting(self, node: str, record: Fields) -> list[Happening]:
        """The steps after which an acceptor has such a record."""
        a, vote = self.nodes[node], record["accepted"]
        events: list[Happening] = []
        if record["promised"] is not None:
            events.append(("phase1b", {"a": a, "b": self._ballot(record["promised"])}))
        if vote is not None:
            b, v = self._ballot(vote["ballot"]), self.values[vote["value"]]
            events.append(("phase2b", {"a": a, "b": b, "v": v}))
        return events

    def _values(self, node: str, record: Fields) -> dict[str, Any]:
        a, vote = self.nodes[node], record["accepted"]
        return {
            f"max_bal[{a}]": self._ballot(record["promised"]),
            f"max_vbal[{a}]": NEVER if vote is None else self._ballot(vote["ballot"]),
            f"max_val[{a}]": None if vote is None else self.values[vote["value"]],
        }

    def _ballot(self, ballot: Fields | None) -> Any:
        return NEVER if ballot is None else self.ballots[_ballot(ballot)]

    def _chosen(self, value: str | None) -> list[Happening]:
        return [] if value is None else [("chosen", {"v": self.values[value]})]

    # ------------------------------------------------------------ what nodes say

    def _sent(self, node: str, line: Fields) -> Says:
        message, to = _field(line, "message", dict), _field(line, "to", str)
        events: tuple[Happening, ...] = NOTHING
        if message["type"] in ("prepare", "accept"):
            ballot = _ballot(message["ballot"])
            known = self._opened if message["type"] == "prepare" else self._asked
            if ballot not in known:
                known.add(ballot)
                events = (self._opening(message),)
        key = (node, to, json.dumps(message, sort_keys=True))
        return Says(
            events,
            sent=self._shown(message),
            holds=self._learned(message),
            node=node,
            sends=(key,) if to != node else (),
        )

    def _opening(self, message: Fields) -> Happening:
        b = self._ballot(message["ballot"])
        if message["type"] == "prepare":
            return "phase1a", {"b": b}
        return "phase2a", {"b": b, "v": self.values[message["value"]]}

    def _received(self, node: str, line: Fields) -> Says:
        message, source = _field(line, "message", dict), _field(line, "from", str)
        key = (source, node, json.dumps(message, sort_keys=True))
        return Says(
            NOTHING,
            received=self._shown(message),
            holds=self._learned(message),
            node=node,
            takes=(key,) if source != node else (),
        )

    def _learned(self, message: Fields) -> list[Happening]:
        return self._chosen(message["value"]) if message["type"] == "learned" else []

    def _shown(self, message: Fields) -> list[Record]:
        """The message of the model, if it has one."""
        kind = message["type"]
        if kind not in ("prepare", "promise", "accept", "accepted"):
            return []
        fields: list[tuple[str, Any]] = [("b", self._ballot(message["ballot"]))]
        if kind == "promise":
            vote = message["accepted"]
            fields.append(("vb", NEVER if vote is None else self._ballot(vote["ballot"])))
            fields.append(("v", None if vote is None else self.values[vote["value"]]))
        if kind in ("accept", "accepted"):
            fields.append(("v", self.values[message["value"]]))
        if kind in ("promise", "accepted"):
            fields.insert(0, ("a", self.nodes[message["acceptor"]]))
        return [Record(kind.capitalize(), tuple(fields))]


def _field(line: Fields, name: str, kind: Any) -> Any:
    found = line.get(name)
    if not isinstance(found, kind):
        raise Unreadable(f"{name}: found {found!r}, expected what a journal has there")
    return found


def _ballot(ballot: Any) -> CodeBallot:
    return CodeBallot(ballot["round"], ballot["proposer"])


class _Seen:
    """The names in journals."""

    def __init__(self, lines: Iterable[Fields]) -> None:
        self.nodes: set[str] = set()
        self.ballots: set[CodeBallot] = set()
        self.values: set[str] = set()
        for line in lines:
            node = line.get("node")
            if isinstance(node, str):
                self.nodes.add(node)
            for part in ("message", "record", "acceptor"):
                self._look(line.get(part))

    def _look(self, value: Any) -> None:
        if not isinstance(value, dict):
            return
        if "round" in value and "proposer" in value:
            self.ballots.add(_ballot(value))
            return
        if "value" in value and "ballot" in value:  # what was asked for, or voted for
            self.values.add(value["value"])
        for inner in value.values():
            self._look(inner)
