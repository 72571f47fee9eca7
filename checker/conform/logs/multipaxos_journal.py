"""The journals of the bundled Multi-Paxos, as `MultiPaxos` sees it.

A node is a proposer and an acceptor. Each line is one step of a role, with what it led to, or what
the node received or sent. A proposer that gives up its ballot forgets what a crash would make it
forget, and is read as that. What a learner learns must be decided in the model.

The model reports votes in all slots; the code leaves out those that a leader does not ask for, or
that have given way to a snapshot. What it reports is compared slot by slot, what a leader recovers
too. The code's leaders count promises that come late. Where one changes what must be proposed in a
slot, the lines after it are beyond the model, which leads with one quorum.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from quorate.checker.conform.adapter import Setting
from quorate.model.language.declare.protocol import LARGEST_SIZE

from .cluster import CodeBallot
from .line import Beyond, Numbering, Says, Unreadable
from .turns import Fields, Turns, nodes_in, objects_in

NEVER = "never"
SORTS = ("Proposer", "Acceptor", "Slot", "Value", "Ballot")


class MultiPaxosJournal:
    """Reads journals under `MultiPaxos`."""

    def sizes(self, lines: Iterable[Fields]) -> dict[str, int]:
        """What the model needs for these lines, or as much of it as it can have."""
        seen = _Seen(lines)
        nodes = len(seen.nodes)
        needs = {
            "Proposer": nodes,
            "Acceptor": nodes,
            "Slot": seen.slots,
            "Value": len(seen.decrees),
            "Ballot": len(seen.ballots),
        }
        return {sort: min(max(1, n), LARGEST_SIZE) for sort, n in needs.items()}

    def start(self, setting: Setting, lines: Iterable[Fields]) -> None:
        """Bind nodes, ballots and decrees to the model's elements, and find what was lost."""
        missing = [s for s in SORTS if s not in setting.elements]
        if missing:
            raise Unreadable(f"the format is for MultiPaxos: no {', '.join(missing)} in the model")
        given = list(lines)
        seen = _Seen(given)
        self.proposers = Numbering("proposer", setting.elements["Proposer"])
        self.acceptors = Numbering("acceptor", setting.elements["Acceptor"])
        for node in seen.nodes:
            self.proposers.add(node)
            self.acceptors.add(node)
        ballots = [b for b in setting.elements["Ballot"] if b != NEVER]
        self.ballots = Numbering("ballot", ballots, seen.ballots)
        self.values = Numbering("decree", setting.elements["Value"])
        self.slots = list(setting.elements["Slot"])
        self._turns = Turns(given)
        self._open: dict[str, dict[int, Fields]] = {}
        """What each leader recovered and has not proposed yet, by slot."""

    @property
    def names(self) -> dict[str, str]:
        """What stands for what, for people."""
        bindings = (self.proposers, self.values, self.ballots)
        return {str(x): element for b in bindings for x, element in b.pairs()}

    def read(self, line: Fields) -> Says | None:
        """What a line says. Raises Beyond, Unreadable."""
        if not self._turns.happened(line, "Multi-Paxos"):
            return None
        event = line["event"]
        if event not in _READERS:
            raise Unreadable(f"found the event {event!r}, expected {', '.join(_READERS)}")
        return _READERS[event](self, line["node"], line)

    # ------------------------------------------------------------ proposers

    def _started(self, node: str, line: Fields) -> Says:
        again, p, a = self._turns.started_again(line), self.proposers[node], self.acceptors[node]
        state, round_ = line["state"], line["state"]["round"]
        used = {f"used[{p}]": self._ballot(CodeBallot(round_, node) if round_ else None)}
        promised = {f"promised[{a}]": self._ballot(_ballot(state["promised"]))}
        votes = self._votes(a, state)
        return Says(
            [("crash_proposer", {"p": p})] if again else (),
            values={**used, **self._idle(p), **promised, **votes},
            node=node,
            crash=node if again else None,
        )

    def _idle(self, p: str) -> dict[str, Any]:
        return {f"ballot[{p}]": NEVER, f"leads[{p}]": False}

    def _prepare(self, node: str, line: Fields) -> Says:
        p, b = self.proposers[node], self._ballot(_ballot(line["ballot"]))
        used = self._ballot(CodeBallot(line["round"], node))
        self._open.pop(node, None)
        values = {f"used[{p}]": used, f"ballot[{p}]": b, f"leads[{p}]": False}
        return Says([("prepare", {"p": p, "b": b})], values=values, node=node)

    def _step_down(self, node: str, line: Fields) -> Says:
        p = self.proposers[node]
        return Says([("crash_proposer", {"p": p})], values=self._idle(p), node=node)

    def _lead(self, node: str, line: Fields) -> Says:
        """With the quorum that has promised; where it is none, with any that the model has."""
        p, promised = self.proposers[node], {self.acceptors[a] for a in line["promised_by"]}
        recovered = dict(line["recovered"])
        self._open[node] = dict(recovered)
        is_quorum = 2 * len(promised) > len(self.acceptors.elements)
        args = {"p": p, "q": sorted(promised)} if is_quorum else {"p": p}
        return Says(
            [("lead", args)],
            values={
                f"leads[{p}]": True,
                f"ballot[{p}]": self._ballot(_ballot(line["ballot"])),
                **self._in_slots(line["since"], recovered, f"recovered[{p},", self._value),
            },
            node=node,
        )

    def _recover(self, node: str, line: Fields) -> Says:
        """A late promise: it may tell of slots in which the quorum had no vote."""
        now = dict(line["recovered"])
        for slot, decree in self._open.get(node, {}).items():
            if now.get(slot) != decree:
                raise Beyond(f"a late promise changes what {node} recovers in slot {slot}")
        return Says((), node=node)

    def _propose(self, node: str, line: Fields) -> Says:
        p, s, v = self.proposers[node], self._slot(line["slot"]), self._value(line["decree"])
        values = {f"ballot[{p}]": self._ballot(_ballot(line["ballot"]))}
        self._open.get(node, {}).pop(line["slot"], None)
        return Says([("propose", {"p": p, "s": s, "v": v})], values=values, node=node)

    # ------------------------------------------------------------ acceptors and learners

    def _promise(self, node: str, line: Fields) -> Says:
        a, b = self.acceptors[node], self._ballot(_ballot(line["ballot"]))
        step = ("promise", {"a": a, "m": {"tag": "Prepare", "b": b}})
        promised = {f"promised[{a}]": self._ballot(_ballot(line["promised"]))}
        return Says(
            [step],
            blocked=not line["new"],
            values={**promised, **self._votes(a, line)},
            node=node,
        )

    def _vote(self, node: str, line: Fields) -> Says:
        a, s, vote = self.acceptors[node], self._slot(line["slot"]), line["vote"]
        b, v = self._ballot(_ballot(vote["ballot"])), self._value(vote["decree"])
        return Says(
            [("accept", {"a": a, "m": {"tag": "Accept", "b": b, "s": s, "v": v}})],
            values={
                f"promised[{a}]": self._ballot(_ballot(line["promised"])),
                f"voted_ballot[{a},{s}]": b,
                f"voted_value[{a},{s}]": v,
            },
            node=node,
        )

    def _votes(self, a: str, line: Fields) -> dict[str, Any]:
        """What an acceptor says that it has voted for, in all slots since one."""
        votes = dict(line["votes"])
        since = line["since"]
        ballots = self._in_slots(since, votes, f"voted_ballot[{a},", self._voted_ballot)
        return {**ballots, **self._in_slots(since, votes, f"voted_value[{a},", self._voted_value)}

    def _learn(self, node: str, line: Fields) -> Says:
        chosen = ("decided", {"s": self._slot(line["slot"]), "v": self._value(line["decree"])})
        return Says((), holds=[chosen], node=node)

    # ------------------------------------------------------------ messages

    def _receive(self, node: str, line: Fields) -> Says:
        message = line["message"]
        return Says((), received=self._message(message), node=node, takes=[_key(node, message)])

    def _send(self, node: str, line: Fields) -> Says:
        pairs = [(sent["to"], sent["message"]) for sent in line["sent"]]
        return Says(
            (),
            sent=[told for _, message in pairs for told in self._message(message, node)],
            node=node,
            sends=[_key(to, message) for to, message in pairs],
        )

    def _message(self, m: Fields, sender: str | None = None) -> list[Fields]:
        """What is known of the message of the model, if it has one; `sender` is known of ours."""
        kind = m["type"]
        if kind not in ("prepare", "promise", "accept", "accepted"):
            return []
        told = {"tag": kind.capitalize(), "b": self._ballot(_ballot(m["ballot"]))}
        if kind in ("promise", "accepted"):
            told["a"] = self.acceptors[m["acceptor"] if sender is None else sender]
        if kind in ("accept", "accepted"):
            told["s"] = self._slot(m["slot"])
        if kind == "accept":
            told["v"] = self._value(m["decree"])
        return [told]

    # ------------------------------------------------------------ values

    def _in_slots(
        self, since: int, found: Mapping[int, Fields], place: str, shown: Callable[[Any], Any]
    ) -> dict[str, Any]:
        """What is told of each slot since one: nothing, unless something was found there."""
        self._slot(max(found, default=0))
        return {f"{place}{s}]": shown(found.get(k)) for k, s in enumerate(self.slots) if k >= since}

    def _voted_ballot(self, vote: Fields | None) -> Any:
        return self._ballot(None if vote is None else _ballot(vote["ballot"]))

    def _voted_value(self, vote: Fields | None) -> Any:
        return self._value(None if vote is None else vote["decree"])

    def _ballot(self, ballot: CodeBallot | None) -> Any:
        return NEVER if ballot is None else self.ballots[ballot]

    def _slot(self, slot: int) -> Any:
        if slot >= len(self.slots):
            raise Beyond(f"slot {slot} is beyond the model, with Slot={len(self.slots)}")
        return self.slots[slot]

    def _value(self, decree: Fields | None) -> Any:
        if decree is not None and decree["type"] != "commands":
            raise Beyond("other acceptors are decided on: the model's are always the same")
        return None if decree is None else self.values[_text(decree)]


_READERS: dict[str, Callable[[MultiPaxosJournal, str, Fields], Says]] = {
    "started": MultiPaxosJournal._started,
    "prepare": MultiPaxosJournal._prepare,
    "step-down": MultiPaxosJournal._step_down,
    "lead": MultiPaxosJournal._lead,
    "recover": MultiPaxosJournal._recover,
    "propose": MultiPaxosJournal._propose,
    "promise": MultiPaxosJournal._promise,
    "vote": MultiPaxosJournal._vote,
    "learn": MultiPaxosJournal._learn,
    "receive": MultiPaxosJournal._receive,
    "send": MultiPaxosJournal._send,
}


def _key(to: str, message: Fields) -> Hashable:
    """A name for a message to a node. It says who sent it, or is the same whoever did."""
    return to, json.dumps(message, sort_keys=True)


def _ballot(ballot: Fields | None) -> CodeBallot | None:
    return None if ballot is None else CodeBallot(ballot["round"], ballot["proposer"])


def _text(decree: Fields) -> str:
    return json.dumps(decree, sort_keys=True)


class _Seen:
    """The names in journals."""

    def __init__(self, lines: Iterable[Fields]) -> None:
        given = list(lines)
        self.nodes = nodes_in(given)
        self.ballots: set[CodeBallot] = set()
        self.decrees: set[str] = set()
        self.slots = 0
        for found in objects_in(given):
            if "round" in found and "proposer" in found:
                self.ballots.add(CodeBallot(found["round"], found["proposer"]))
            if found.get("type") == "commands":
                self.decrees.add(_text(found))
            if isinstance(slot := found.get("slot"), int):
                self.slots = max(self.slots, slot + 1)
