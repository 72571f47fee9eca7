"""What etcd's raft traces, as `RaftElection` sees it: terms, votes, candidates, leaders.

https://github.com/etcd-io/raft, `state_trace.go`: lines of its `TracingEvent`s. Each shows its
node's term, vote and role. The term in which a cluster is set up is the model's zero. Log entries
have no part in `RaftElection`: their lines are read for these three values alone. A change of the
membership is beyond it, and a vote among logs that differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quorate.checker.conform.adapter import Setting
from quorate.traces import Record

from .line import Beyond, Happening, Numbering, Says, Unreadable

ROLES = {"StateFollower": "FOLLOWER", "StateCandidate": "CANDIDATE", "StateLeader": "LEADER"}
SET_UP = 1
"""The term in which a cluster is set up."""
NOTHING: tuple[Happening, ...] = ()

Fields = Mapping[str, Any]


class EtcdRaftLog:
    """Reads etcd's traces under `RaftElection`."""

    def sizes(self, lines: Iterable[Fields]) -> dict[str, int]:
        """What the model needs for these lines: their first members, and all their terms."""
        events = [e for line in lines if (e := _event(line)) is not None]
        terms = [e["state"]["term"] for e in events]
        return {
            "Server": max(1, len(_members(events))),
            "Term": max(1, max(terms, default=0) - SET_UP),
            "Index": 1,
            "Value": 1,
        }

    def start(self, setting: Setting, lines: Iterable[Fields]) -> None:
        """Bind node numbers to servers, in their order."""
        missing = [s for s in ("Server", "Term") if s not in setting.elements]
        if missing:
            raise Unreadable(
                f"the format is for RaftElection: no {', '.join(missing)} in the model"
            )
        events = [e for line in lines if (e := _event(line)) is not None]
        self.members = _members(events)
        self.servers = Numbering("server", setting.elements["Server"])
        for member in sorted(self.members, key=int):
            self.servers.add(member)
        self.terms = [t for t in setting.elements["Term"] if t != "zero"]
        self._alive: set[str] = set()

    @property
    def names(self) -> dict[str, str]:
        """What stands for what, for people."""
        return {f"node {node}": server for node, server in self.servers.pairs()}

    def read(self, line: Fields) -> Says | None:
        """What a line says. Raises Beyond, Unreadable."""
        event = _event(line)
        if event is None:
            return None
        name, node, state = event["name"], event["nid"], event["state"]
        changed = event.get("prop", {}).get("cc", {})
        if name == "ChangeConf" or not self.members >= set(changed.get("newconf", ())):
            raise Beyond("the membership changes, which the model does not have")
        if event["role"] not in ROLES:
            raise Beyond(f"{event['role']} is no role of the model")
        s = self.servers[node]
        values = {
            f"term[{s}]": self._term(state["term"]),
            f"role[{s}]": ROLES[event["role"]],
            f"voted_for[{s}]": None if state["vote"] == "0" else self.servers[state["vote"]],
        }
        happened = getattr(self, f"_{name}", self._other)
        says: Says = happened(s, event, values)
        return says

    def _term(self, term: int) -> str:
        if term <= SET_UP:
            return "zero"
        if term - SET_UP > len(self.terms):
            raise Beyond(f"term {term} is beyond the model, with Term={len(self.terms)}")
        return str(self.terms[term - SET_UP - 1])

    # ------------------------------------------------------------ events, by etcd's names

    def _other(self, s: str, event: Fields, values: dict[str, Any]) -> Says:
        return Says(NOTHING, values=values, node=event["nid"])

    def _InitState(self, s: str, event: Fields, values: dict[str, Any]) -> Says:
        node, again = event["nid"], event["nid"] in self._alive
        self._alive.add(node)
        events = [("restart", {"s": s})] if again else NOTHING
        return Says(events, values=values, node=node, crash=node if again else None)

    def _BecomeFollower(self, s: str, event: Fields, values: dict[str, Any]) -> Says:
        t = values[f"term[{s}]"]
        events = NOTHING if t == "zero" else [("step_down", {"s": s, "t": t})]
        return Says(events, maybe=True, values=values, node=event["nid"])

    def _BecomeCandidate(self, s: str, event: Fields, values: dict[str, Any]) -> Says:
        t = values[f"term[{s}]"]
        return Says([("timeout", {"s": s, "t": t})], values=values, node=event["nid"])

    def _BecomeLeader(self, s: str, event: Fields, values: dict[str, Any]) -> Says:
        return Says([("lead", {"s": s})], values=values, node=event["nid"])

    def _SendRequestVoteRequest(self, s: str, event: Fields, values: dict[str, Any]) -> Says:
        sent, key = [self._asked(event)], (self._key(event),)
        return Says(NOTHING, values=values, sent=sent, node=event["nid"], sends=key)

    def _ReceiveRequestVoteRequest(self, s: str, event: Fields, values: dict[str, Any]) -> Says:
        received, key = [self._asked(event)], (self._key(event),)
        return Says(NOTHING, values=values, received=received, node=event["nid"], takes=key)

    def _SendRequestVoteResponse(self, s: str, event: Fields, values: dict[str, Any]) -> Says:
        message, key = event["msg"], (self._key(event),)
        if message["reject"] or message["from"] == message["to"]:
            return Says(NOTHING, values=values, node=event["nid"], sends=key)
        del values[f"voted_for[{s}]"]  # etcd writes the line before it notes the vote
        vote = self._vote(event)
        again = [("grant", {"s": s})]
        return Says(again, maybe=True, values=values, sent=[vote], node=event["nid"], sends=key)

    def _ReceiveRequestVoteResponse(self, s: str, event: Fields, values: dict[str, Any]) -> Says:
        message, key = event["msg"], (self._key(event),)
        if message["reject"] or message["from"] == message["to"]:
            return Says(NOTHING, values=values, node=event["nid"], takes=key)
        vote = self._vote(event)
        return Says(
            [("receive_vote", {"s": s, "m": vote})],
            maybe=True,  # what comes late, or twice, is not counted
            values=values,
            received=[vote],
            node=event["nid"],
            takes=key,
        )

    def _key(self, event: Fields) -> tuple[Any, ...]:
        return tuple(event["msg"][k] for k in ("type", "term", "from", "to", "reject"))

    def _asked(self, event: Fields) -> Record:
        message = event["msg"]
        if message["logTerm"] > SET_UP:
            raise Beyond("a vote is asked for with log entries, which the model does not have")
        t, s = self._term(message["term"]), self.servers[message["from"]]
        return Record("RequestVote", (("t", t), ("candidate", s), ("length", 0), ("last", "zero")))

    def _vote(self, event: Fields) -> Record:
        message = event["msg"]
        voter, candidate = self.servers[message["from"]], self.servers[message["to"]]
        t = self._term(message["term"])
        return Record("Vote", (("t", t), ("voter", voter), ("candidate", candidate)))


def _event(line: Fields) -> Any:
    """The event of a line; None where it is another line of the same logger."""
    event = line.get("event")
    if not isinstance(event, dict):
        return None
    lacking = [k for k in ("name", "nid", "state", "role") if k not in event]
    if lacking:
        raise Unreadable(f"found an event without {', '.join(lacking)}")
    return event


def _members(events: Iterable[Fields]) -> set[str]:
    """The members of the first whole configuration: before any node is ready."""
    found: set[str] = set()
    for event in events:
        if event["name"] == "Ready":
            break
        found |= set(event.get("prop", {}).get("cc", {}).get("newconf", ()))
    return found
