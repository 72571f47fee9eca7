"""What etcd's raft traces, as `Raft` sees it: elections, and the replication of logs.

https://github.com/etcd-io/raft, `state_trace.go`: lines of its `TracingEvent`s. Each shows its
node's term, vote, role, commit index and length of the log. The log that a cluster is set up with
is the model's empty one, and its term the model's zero. What entries say is in no line.

- A request that is older than what is committed is answered with the commit index. It is explained
  as the delivery of some request of the leader that leads to this answer.
- A request that is refused is no step of the model: its leader may send any suffix of its log.
- A heartbeat may move the commit index, and etcd keeps that index at a restart. In the model only
  requests move it. So the node's commit index is not compared until a request has moved it.
- What nodes that the model does not follow say is beyond it, and what others say of messages from
  and to them. Only a commit and an election ask for a quorum, and no other step reads a commit
  index. So once the quorums are not those of the model (`etcd_members`), the lines are judged
  without their commit indices, up to the next election.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from quorate.checker.conform.adapter import Setting

from .etcd_members import Members, first_members
from .line import Beyond, Happening, Numbering, Says, Unreadable

ROLES = {"StateFollower": "FOLLOWER", "StateCandidate": "CANDIDATE", "StateLeader": "LEADER"}
SET_UP = 1
"""The term in which a cluster is set up."""
NOTHING: tuple[Happening, ...] = ()
ENTRY = "v0"
CHANGED = (
    "the membership changes, which it does not in the model: "
    "from here on commit indices are not compared, nor lines after an election"
)

Fields = Mapping[str, Any]
Values = dict[str, Any]


class EtcdRaftLog:
    """Reads etcd's traces under `Raft`."""

    def sizes(self, lines: Iterable[Fields]) -> dict[str, int]:
        """What the model needs for these lines: their first members, all terms and entries."""
        events = [e for line in lines if (e := _event(line)) is not None]
        terms = [e["state"]["term"] for e in events]
        grows = ("Replicate", "ChangeConf")
        longest = max(
            (max(e["log"] + (e["name"] in grows), e["state"]["commit"]) for e in events), default=0
        )
        return {
            "Server": max(1, len(first_members(events))),
            "Term": max(1, max(terms, default=0) - SET_UP),
            "Index": max(1, longest - _set_up(events)),
            "Value": 1,
        }

    def start(self, setting: Setting, lines: Iterable[Fields]) -> None:
        """Bind node numbers to servers, in their order."""
        missing = [s for s in ("Server", "Term", "Index") if s not in setting.elements]
        if missing:
            raise Unreadable(f"the format is for Raft: no {', '.join(missing)} in the model")
        events = [e for line in lines if (e := _event(line)) is not None]
        self.members, self.base = Members(first_members(events)), _set_up(events)
        self.servers = Numbering("server", setting.elements["Server"])
        for member in sorted(self.members.first, key=int):
            self.servers.add(member)
        self.terms = [t for t in setting.elements["Term"] if t != "zero"]
        self._stopped: str | None = None
        """Why no line is judged any more."""
        self._ahead: set[str] = set()
        """The nodes whose commit index may be ahead of the model's."""
        self._sent: set[tuple[Any, ...]] = set()
        """The requests whose commit index is the model's."""
        self._last: dict[str, Fields] = {}
        """The event of each node before this one."""
        self._asked: dict[str, Fields] = {}
        """The request that each node received last."""

    @property
    def names(self) -> dict[str, str]:
        """What stands for what, for people."""
        return {f"node {node}": server for node, server in self.servers.pairs()}

    def read(self, line: Fields) -> Says | None:
        """What a line says. Raises Beyond, Unreadable."""
        event = _event(line)
        if event is None:
            return None
        if self._stopped is not None:
            raise Beyond(self._stopped)
        try:
            says = self._says(event)
        except Beyond as beyond:
            self._stopped = f"it follows on what is beyond the model: {beyond}"
            raise
        self._last[event["nid"]] = event
        return says

    def _says(self, event: Fields) -> Says:
        name, node = event["name"], event["nid"]
        self.members.look_for_an_election(event)
        changes = self.members.changes(event)
        lost = self.members.of_the_lost(event)
        if (why := self.members.why_lost(node)) is not None:
            return Says(NOTHING, node=node, beyond=why)
        s, values = self.servers[node], self._values(event)
        if changes:
            return Says(NOTHING, values=values, node=node, beyond=CHANGED)
        if lost is not None:
            return Says(NOTHING, values=values, node=node, left_out=lost)
        says: Says = getattr(self, f"_{name}", self._other)(s, event, values)
        return says

    def _values(self, event: Fields) -> Values:
        """What a line shows of its node."""
        name, node, state = event["name"], event["nid"], event["state"]
        if event["role"] not in ROLES:
            raise Beyond(f"{event['role']} is no role of the model")
        s = self.servers[node]
        values = {
            f"term[{s}]": self._term(state["term"]),
            f"role[{s}]": ROLES[event["role"]],
            f"voted_for[{s}]": None if state["vote"] == "0" else self.servers[state["vote"]],
            f"len(log[{s}])": max(0, event["log"] - self.base),
        }
        if name == "SendAppendEntriesResponse" and event["msg"]["type"] == "MsgAppResp":
            self._ahead -= {node} if self._moved(event) else set()
        if node not in self._ahead and self.members.latest is None:
            values[f"commit[{s}]"] = max(0, state["commit"] - self.base)
        return values

    def _moved(self, event: Fields) -> bool:
        """Whether the commit index is not that of the node's line before."""
        last = self._last.get(event["nid"], event)
        return bool(last["state"]["commit"] != event["state"]["commit"])

    def _term(self, term: int) -> str:
        if term <= SET_UP:
            return "zero"
        if term - SET_UP > len(self.terms):
            raise Beyond(f"term {term} is beyond the model, with Term={len(self.terms)}")
        return str(self.terms[term - SET_UP - 1])

    def _position(self, index: int) -> int:
        if index < self.base:
            raise Beyond(f"index {index} is in the log that the cluster was set up with")
        return index - self.base

    # ------------------------------------------------------------ elections, by etcd's names

    def _other(self, s: str, event: Fields, values: Values) -> Says:
        return Says(NOTHING, values=values, node=event["nid"])

    def _InitState(self, s: str, event: Fields, values: Values) -> Says:
        node, again = event["nid"], event["nid"] in self._last
        if again:
            self._ahead.add(node)
            values.pop(f"commit[{s}]", None)
        return Says(
            [("restart", {"s": s})] if again else NOTHING,
            values=values,
            node=node,
            crash=node if again else None,
            left_out="the commit index is kept when the node restarts" if again else None,
        )

    def _BecomeFollower(self, s: str, event: Fields, values: Values) -> Says:
        t = values[f"term[{s}]"]
        last = self._last.get(event["nid"], event)
        if last["role"] == "StateCandidate" and last["state"]["term"] == event["state"]["term"]:
            del values[f"role[{s}]"]  # the model's candidate follows when it takes the entries
        events = NOTHING if t == "zero" else [("step_down", {"s": s, "t": t})]
        return Says(events, maybe=True, values=values, node=event["nid"])

    def _BecomeCandidate(self, s: str, event: Fields, values: Values) -> Says:
        t = values[f"term[{s}]"]
        return Says([("timeout", {"s": s, "t": t})], values=values, node=event["nid"])

    def _BecomeLeader(self, s: str, event: Fields, values: Values) -> Says:
        return Says([("lead", {"s": s})], values=values, node=event["nid"])

    def _SendRequestVoteRequest(self, s: str, event: Fields, values: Values) -> Says:
        sent, key = [self._vote_request(event)], (self._key(event),)
        return Says(NOTHING, values=values, sent=sent, node=event["nid"], sends=key)

    def _ReceiveRequestVoteRequest(self, s: str, event: Fields, values: Values) -> Says:
        received, key = [self._vote_request(event)], (self._key(event),)
        return Says(NOTHING, values=values, received=received, node=event["nid"], takes=key)

    def _SendRequestVoteResponse(self, s: str, event: Fields, values: Values) -> Says:
        message, key = event["msg"], (self._key(event),)
        if message["reject"] or message["from"] == message["to"]:
            return Says(NOTHING, values=values, node=event["nid"], sends=key)
        del values[f"voted_for[{s}]"]  # etcd writes the line before it notes the vote
        again = [("grant", {"s": s})]
        sent = [self._vote(event)]
        return Says(again, maybe=True, values=values, sent=sent, node=event["nid"], sends=key)

    def _ReceiveRequestVoteResponse(self, s: str, event: Fields, values: Values) -> Says:
        message, key = event["msg"], (self._key(event),)
        if message["reject"] or message["from"] == message["to"]:
            return Says(NOTHING, values=values, node=event["nid"], takes=key)
        vote = self._vote(event)
        counted = [("receive_vote", {"s": s, "m": vote})]  # unless it comes late, or twice
        return self._received(counted, [vote], event, values)

    def _received(
        self, events: Sequence[Happening], received: Sequence[Fields], event: Fields, values: Values
    ) -> Says:
        """A line of a message that is taken if it can be."""
        node, key = event["nid"], (self._key(event),)
        return Says(events, blocked=True, values=values, received=received, node=node, takes=key)

    # ------------------------------------------------------------ log entries

    def _Replicate(self, s: str, event: Fields, values: Values) -> Says:
        del values[f"len(log[{s}])"]  # etcd writes the line before it appends
        entry = [("request", {"s": s, "v": ENTRY})]
        return Says(entry, values=values, node=event["nid"])

    _ChangeConf = _Replicate
    """To change the membership is an entry as any, until it is applied."""

    def _SendAppendEntriesRequest(self, s: str, event: Fields, values: Values) -> Says:
        message, node, key = event["msg"], event["nid"], (self._key(event),)
        if message["type"] != "MsgApp":
            self._is_heartbeat(message)
            return Says(NOTHING, values=values, node=node, sends=key)
        self._sent |= {self._key(event)} if self.members.latest is None else set()
        sending = [("append", {"s": s, "n": self._position(message["index"])})]
        sent = [self._append(message)]
        return Says(sending, values=values, sent=sent, node=node, sends=key)

    def _ReceiveAppendEntriesRequest(self, s: str, event: Fields, values: Values) -> Says:
        message, node, key = event["msg"], event["nid"], (self._key(event),)
        if message["type"] != "MsgApp":
            self._is_heartbeat(message)
            return Says(NOTHING, values=values, node=node, takes=key)
        self._asked[node] = message
        received = [self._append(message)]
        return Says(NOTHING, values=values, received=received, node=node, takes=key)

    def _SendAppendEntriesResponse(self, s: str, event: Fields, values: Values) -> Says:
        message, node, key = event["msg"], event["nid"], (self._key(event),)
        if message["from"] == message["to"] or message["reject"]:
            return Says(NOTHING, values=values, node=node, sends=key)
        leader = self.servers[message["to"]]
        if message["type"] == "MsgHeartbeatResp":
            return self._heartbeat(s, event, values)
        some: Fields = {"tag": "Append", "t": self._term(message["term"]), "leader": leader}
        asked = self._asked.get(node)
        if asked is not None and asked["index"] + asked["entries"] == message["index"]:
            some = self._append(asked)
        taking, sent = [("receive_append", {"s": s, "m": some})], [self._ack(message)]
        return Says(taking, values=values, sent=sent, node=node, sends=key)

    def _heartbeat(self, s: str, event: Fields, values: Values) -> Says:
        node, key, moved = event["nid"], (self._key(event),), self._moved(event)
        compared = moved and self.members.latest is None
        what = "a heartbeat moves the commit index" if compared else None
        if moved:
            self._ahead.add(node)
            values.pop(f"commit[{s}]", None)
        return Says(NOTHING, values=values, node=node, sends=key, left_out=what)

    def _ReceiveAppendEntriesResponse(self, s: str, event: Fields, values: Values) -> Says:
        message, node = event["msg"], event["nid"]
        own = message["from"] == message["to"] or message["reject"]
        if own or message["type"] == "MsgHeartbeatResp":
            return Says(NOTHING, values=values, node=node, takes=(self._key(event),))
        ack = self._ack(message)
        counted = [("receive_ack", {"s": s, "m": ack})]  # unless it comes late, or twice
        return self._received(counted, [ack], event, values)

    def _Commit(self, s: str, event: Fields, values: Values) -> Says:
        if self.members.latest is not None:
            what = "the commit index, for which other members count"
            return Says(NOTHING, values=values, node=event["nid"], left_out=what)
        n = max(0, event["state"]["commit"] - self.base)
        moved = [("advance_commit", {"s": s, "n": n})] if self._moved(event) else NOTHING
        return Says(moved, values=values, node=event["nid"])

    def _is_heartbeat(self, message: Fields) -> None:
        if message["type"] != "MsgHeartbeat":
            raise Beyond(f"{message['type']} is no message of the model")

    # ------------------------------------------------------------ messages

    def _key(self, event: Fields) -> tuple[Any, ...]:
        return _key(event["msg"])

    def _append(self, message: Fields) -> Fields:
        """What is known of a request: all but the terms and values of its entries."""
        commit = max(0, message["commit"] - self.base)
        known = self.members.latest is None or _key(message) in self._sent
        return {
            "tag": "Append",
            "t": self._term(message["term"]),
            "leader": self.servers[message["from"]],
            "prefix": self._position(message["index"]),
            "last": self._term(message["logTerm"]),
            "len(entries)": message["entries"],
            **({"commit": commit} if known else {}),
        }

    def _ack(self, message: Fields) -> Fields:
        return {
            "tag": "Ack",
            "t": self._term(message["term"]),
            "follower": self.servers[message["from"]],
            "leader": self.servers[message["to"]],
            "length": self._position(message["index"]),
        }

    def _vote_request(self, event: Fields) -> Fields:
        message = event["msg"]
        return {
            "tag": "RequestVote",
            "t": self._term(message["term"]),
            "candidate": self.servers[message["from"]],
            "length": self._position(message["index"]),
            "last": self._term(message["logTerm"]),
        }

    def _vote(self, event: Fields) -> Fields:
        message = event["msg"]
        return {
            "tag": "Vote",
            "t": self._term(message["term"]),
            "voter": self.servers[message["from"]],
            "candidate": self.servers[message["to"]],
        }


def _key(message: Fields) -> tuple[Any, ...]:
    return tuple(sorted(message.items()))


def _event(line: Fields) -> Any:
    """The event of a line; None where it is another line of the same logger."""
    event = line.get("event")
    if not isinstance(event, dict):
        return None
    lacking = [k for k in ("name", "nid", "state", "role", "log") if k not in event]
    if lacking:
        raise Unreadable(f"found an event without {', '.join(lacking)}")
    return event


def _set_up(events: Iterable[Fields]) -> int:
    """The length of the log that the cluster is set up with."""
    return next((event["log"] for event in events if event["name"] == "Ready"), 0)
