"""The journals of the bundled Raft, as `Raft` sees it.

Each line is one step of a server, with the state that it leads to. What a server receives is a step
of the model if it leads to something there: a vote, entries taken, a vote or a copy counted. That
entries do not fit, and that a term is over, is told in messages that the model does not have; the
model sends the earlier entries, and steps down, without them.

A server that compacts its log keeps the length that it had: the model does not see it. To install a
snapshot, or to start with one, is beyond the model, in which all that is committed is learned. So
is what a server does once it has heard of a change of members: other majorities count from there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any

from quorate.checker.conform.adapter import Setting
from quorate.model.language.declare.protocol import LARGEST_SIZE

from .line import Beyond, Happening, Numbering, Says, Unreadable
from .turns import Fields, Turns, nodes_in

NOTHING: tuple[Happening, ...] = ()
IF_NEW = ("receive_vote", "receive_ack")
"""The steps that happen unless the message comes late, or twice."""
CHANGED = (
    "the members change, and the model's are always the same; "
    "those of SingleServerChanges and JointConsensus change, but have no messages, as this log has"
)


class RaftJournal:
    """Reads journals under `Raft`."""

    def sizes(self, lines: Iterable[Fields]) -> dict[str, int]:
        """What the model needs for these lines, or as much of it as it can have."""
        given = list(lines)
        needs = {
            "Server": len(nodes_in(given)),
            "Term": max((_number(line, "term") for line in given), default=0),
            "Index": max((_number(line, "length") for line in given), default=0),
            "Value": len({_text(entry) for line in given for entry in _entries(line)}),
        }
        return {sort: min(max(1, n), LARGEST_SIZE) for sort, n in needs.items()}

    def start(self, setting: Setting, lines: Iterable[Fields]) -> None:
        """Bind nodes and payloads to the model's elements, and find the turns that were lost."""
        missing = [s for s in ("Server", "Term", "Index") if s not in setting.elements]
        if missing:
            raise Unreadable(f"the format is for Raft: no {', '.join(missing)} in the model")
        if setting.messages is None:
            raise Unreadable("the format is for Raft: the model has no messages, as this log has")
        given = list(lines)
        self.servers = Numbering("server", setting.elements["Server"])
        for node in nodes_in(given):
            self.servers.add(node)
        self.values = Numbering("value", setting.elements["Value"])
        self.terms = [t for t in setting.elements["Term"] if t != "zero"]
        self._turns = Turns(given)
        self._changed: set[str] = set()
        """The nodes that have heard of a change of members: their first such line says so."""

    @property
    def names(self) -> dict[str, str]:
        """What stands for what, for people."""
        bindings = (self.servers, self.values)
        return {str(x): element for b in bindings for x, element in b.pairs()}

    def read(self, line: Fields) -> Says | None:
        """What a line says. Raises Beyond, Unreadable."""
        if not self._turns.happened(line, "Raft"):
            return None
        node, event = line["node"], line["event"]
        if event == "started":
            return self._started(node, line)
        if event not in _READERS:
            raise Unreadable(f"found the event {event!r}, expected {', '.join(_READERS)}")
        if node in self._changed:
            return None
        if _changes_members(line):
            self._changed.add(node)
            raise Beyond(CHANGED)
        step = _READERS[event](self, self.servers[node], line)
        received: Fields | None = line.get("message")
        told = [] if received is None else self._message(received)
        return Says(
            NOTHING if step is None else [step],
            blocked=step is not None and step[0] in IF_NEW,
            values=self._state(node, line["state"]),
            received=told,
            sent=[m for sent in line["sent"] for m in self._message(sent["message"])],
            node=node,
            sends=_keys(node, [(sent["to"], sent["message"]) for sent in line["sent"]]),
            takes=_keys(_sender(received), [(node, received)]) if received and told else (),
        )

    def _started(self, node: str, line: Fields) -> Says:
        again, s = self._turns.started_again(line), self.servers[node]
        if line["state"]["commit"]:
            raise Beyond(f"{node} starts with a snapshot, which the model does not have")
        return Says(
            [("restart", {"s": s})] if again else NOTHING,
            values=self._state(node, line["state"]),
            node=node,
            crash=node if again else None,
        )

    def _state(self, node: str, state: Fields) -> dict[str, Any]:
        s, vote = self.servers[node], state["voted_for"]
        return {
            f"term[{s}]": self._term(state["term"]),
            f"voted_for[{s}]": None if vote is None else self.servers[vote],
            f"role[{s}]": state["role"].upper(),
            f"votes[{s}]": [self.servers[voter] for voter in state["votes"]],
            f"len(log[{s}])": state["length"],
            f"commit[{s}]": state["commit"],
            **{f"match[{s}, {self.servers[u]}]": n for u, n in state.get("match", {}).items()},
        }

    def _term(self, term: int) -> str:
        if term > len(self.terms):
            raise Beyond(f"term {term} is beyond the model, with Term={len(self.terms)}")
        return str(self.terms[term - 1]) if term else "zero"

    # ------------------------------------------------------------ steps, by the code's names

    def _election(self, s: str, line: Fields) -> Happening:
        return "timeout", {"s": s, "t": self._term(line["state"]["term"])}

    def _step_down(self, s: str, line: Fields) -> Happening:
        return "step_down", {"s": s, "t": self._term(line["state"]["term"])}

    def _lead(self, s: str, line: Fields) -> Happening:
        return "lead", {"s": s}

    def _request(self, s: str, line: Fields) -> Happening:
        (entry,) = _entries(line)
        return "request", {"s": s, "v": self.values[_text(entry)]}

    def _append(self, s: str, line: Fields) -> Happening | None:
        (sent,) = line["sent"]
        if sent["message"]["type"] == "install-snapshot":
            return None
        return "append", {"s": s, "n": sent["message"]["prefix"]}

    def _commit(self, s: str, line: Fields) -> Happening:
        return "advance_commit", {"s": s, "n": line["state"]["commit"]}

    def _receive(self, s: str, line: Fields) -> Happening | None:
        """The step that taking a message is, if it is one."""
        message = line["message"]
        led_to = {sent["message"]["type"] for sent in line["sent"]}
        match message["type"]:
            case "request-vote" if line["kept"]:  # a vote that is new
                step = "grant"
            case "vote-granted":
                step = "receive_vote"
            case "append-entries" if "appended" in led_to:
                step = "receive_append"
            case "appended":
                step = "receive_ack"
            case "install-snapshot" if line["kept"]:
                raise Beyond("a snapshot is installed, which the model does not have")
            case _:
                return None
        return step, {"s": s, "m": self._message(message)[0]}

    # ------------------------------------------------------------ messages

    def _message(self, message: Fields) -> list[Fields]:
        """The message of the model, if it has one."""
        make = _MESSAGES.get(message["type"])
        return [{"t": self._term(message["term"]), **make(self, message)}] if make else []

    def _vote_request(self, m: Fields) -> Fields:
        last = self._term(m["last_term"])
        candidate = self.servers[m["candidate"]]
        return {"tag": "RequestVote", "candidate": candidate, "length": m["length"], "last": last}

    def _vote(self, m: Fields) -> Fields:
        voter, candidate = self.servers[m["voter"]], self.servers[m["candidate"]]
        return {"tag": "Vote", "voter": voter, "candidate": candidate}

    def _entries_sent(self, m: Fields) -> Fields:
        entries = [{"t": self._term(e["term"]), "v": self.values[_text(e)]} for e in m["entries"]]
        return {
            "tag": "Append",
            "leader": self.servers[m["leader"]],
            "prefix": m["prefix"],
            "last": self._term(m["prefix_term"]),
            "entries": entries,
            "commit": m["commit"],
        }

    def _ack(self, m: Fields) -> Fields:
        follower, leader = self.servers[m["follower"]], self.servers[m["leader"]]
        return {"tag": "Ack", "follower": follower, "leader": leader, "length": m["length"]}


_READERS: dict[str, Callable[[RaftJournal, str, Fields], Happening | None]] = {
    "start-election": RaftJournal._election,
    "step-down": RaftJournal._step_down,
    "lead": RaftJournal._lead,
    "request": RaftJournal._request,
    "append": RaftJournal._append,
    "advance-commit": RaftJournal._commit,
    "receive": RaftJournal._receive,
}

_MESSAGES: dict[str, Callable[[RaftJournal, Fields], Fields]] = {
    "request-vote": RaftJournal._vote_request,
    "vote-granted": RaftJournal._vote,
    "append-entries": RaftJournal._entries_sent,
    "appended": RaftJournal._ack,
}

_SENDERS = {
    "request-vote": "candidate",
    "vote-granted": "voter",
    "append-entries": "leader",
    "appended": "follower",
}
"""Which field of a message names its sender."""


def _entries(line: Fields) -> Iterator[Fields]:
    """The entries that a line has: those that it keeps, and those in its messages."""
    sent = [one.get("message") for one in _objects(line.get("sent"))]
    for part in _objects([line.get("message"), *sent, *_objects(line.get("kept"))]):
        yield from (entry for entry in _objects(part.get("entries")) if "payload" in entry)


def _changes_members(line: Fields) -> bool:
    """Whether a line has an entry with other members."""
    payloads = _objects([entry["payload"] for entry in _entries(line)])
    return any(payload.get("type") == "membership" for payload in payloads)


def _objects(found: Any) -> list[Fields]:
    """The objects in a list; what is none, in a file that is no journal, is found later."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _number(line: Fields, name: str) -> int:
    """A number of the state that a line has; 0 if it has none."""
    state = line.get("state")
    found = state.get(name) if isinstance(state, dict) else None
    return found if isinstance(found, int) else 0


def _text(entry: Fields) -> str:
    """What is to be applied, as a name."""
    return json.dumps(entry["payload"], sort_keys=True)


def _sender(message: Fields) -> str:
    return str(message[_SENDERS[message["type"]]])


def _keys(source: str, sent: Iterable[tuple[str, Fields]]) -> list[Hashable]:
    """Names for messages from a node; only those of the model order lines."""
    return [
        (source, to, json.dumps(message, sort_keys=True))
        for to, message in sent
        if message["type"] in _SENDERS
    ]
