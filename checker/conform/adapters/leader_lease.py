"""The bundled leases under the model `LeaderLease`: each node with its record and its clock.

A grant reaches its leader when it is sent: in the model, what a leader knows is what was sent.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from quorate.checker.conform.adapter import Refusal, Setting
from quorate.impl.lease import Ask, Grant, LeaseNode, Term, Wait
from quorate.impl.lease.defects import HEALTHY, LeaseVariant
from quorate.impl.lease.messages import LeaseMessage, LeaseOutputs
from quorate.impl.outputs import Send
from quorate.traces import Record

from .dispatch import performed

NONE = "none"


@dataclass
class _Run:
    """All that a run has changed."""

    nodes: dict[str, LeaseNode]
    clock: dict[str, int]
    leader: dict[str, str | None]
    newest_at_read: dict[str, str]
    sent: frozenset[Record] = frozenset()
    granted: dict[str, frozenset[str]] = field(default_factory=dict)
    """Who has granted each term."""

    def copied(self) -> _Run:
        """A copy: of what is changed in place; the rest are values."""
        nodes = {}
        for name, node in self.nodes.items():
            nodes[name] = twin = copy.copy(node)
            twin.grants = dict(node.grants)
        return _Run(
            nodes,
            dict(self.clock),
            dict(self.leader),
            dict(self.newest_at_read),
            self.sent,
            dict(self.granted),
        )


class LeaderLeaseAdapter:
    """Performs each action by the method named after it."""

    def __init__(self, variant: LeaseVariant = HEALTHY) -> None:
        self.variant = variant

    def start(self, setting: Setting) -> None:
        sizes = dict(setting.sizes)
        names = [f"n{i}" for i in range(sizes["Node"])]
        terms = [f"t{i}" for i in range(1, sizes["Term"] + 1)]
        # A mutant that leaves the margin out has no size for it: the code has the right one.
        wait = Wait(sizes["Lease"], sizes.get("Margin", sizes["Drift"]))
        self.run = _Run(
            {n: self.variant.node(n, names, wait) for n in names},
            dict.fromkeys(names, 0),
            dict.fromkeys(terms),
            dict.fromkeys(terms, NONE),
        )

    def perform(self, action: str, args: Mapping[str, Any]) -> frozenset[Record]:
        return performed(self, action, args)  # type: ignore[no-any-return]

    def observe(self) -> Mapping[str, Any]:
        run = self.run
        promises = {n: node.record for n, node in run.nodes.items()}
        return {
            "clock": run.clock,
            "leader": run.leader,
            "term": {n: _shown(record.term) for n, record in promises.items()},
            "start": {n: record.start for n, record in promises.items()},
            "newest_at_read": run.newest_at_read,
            "sent": run.sent,
        }

    def snapshot(self) -> _Run:
        return self.run.copied()

    def restore(self, snapshot: _Run) -> None:
        self.run = snapshot.copied()

    # The steps, named as the model names them.

    def _tick(self, n: str) -> frozenset[Record]:
        self.run.clock[n] += 1
        return frozenset()

    def _campaign(self, n: str, t: str) -> frozenset[Record]:
        outputs = self.run.nodes[n].campaign(self._term(t, n), self.run.clock[n])
        self.run.leader[t] = n
        return self._emit(outputs)

    def _renew(self, n: str, t: str) -> frozenset[Record]:
        return self._emit(self.run.nodes[n].renew(self._term(t, n), self.run.clock[n]))

    def _grant(self, n: str, m: Record) -> frozenset[Record]:
        t, start = m["t"], m["start"]
        assert isinstance(t, str) and isinstance(start, int)
        ask = Ask(self._term(t, n), start)
        outputs = self.run.nodes[n].receive(ask, self.run.clock[n])
        if not outputs:
            raise Refusal(f"{n} does not grant it")
        return self._emit(outputs)

    def _read(self, n: str, t: str) -> frozenset[Record]:
        """What the newest write was is for the adapter to see: it knows all grants."""
        run = self.run
        run.nodes[n].read(self._term(t, n), run.clock[n])
        committed = [u for u, names in run.granted.items() if 2 * len(names) > len(run.nodes)]
        run.newest_at_read[t] = max(committed, key=lambda u: int(u[1:]), default=NONE)
        return frozenset()

    def _term(self, t: str, asking: str) -> Term:
        """t3 is round 3 of whoever has begun it, or would."""
        return Term(0 if t == NONE else int(t[1:]), self.run.leader.get(t) or asking)

    def _emit(self, outputs: LeaseOutputs) -> frozenset[Record]:
        run = self.run
        messages = [output.message for output in outputs if isinstance(output, Send)]
        for m in messages:
            if isinstance(m, Grant):
                t = _shown(m.term)
                run.granted[t] = run.granted.get(t, frozenset()) | {m.node}
                run.nodes[m.term.leader].receive(m, run.clock[m.term.leader])
        sent = frozenset(map(_show, messages))
        run.sent |= sent
        return sent


def _show(message: LeaseMessage) -> Record:
    fields = (("t", _shown(message.term)), ("start", message.start))
    if isinstance(message, Grant):
        return Record("Grant", (("n", message.node), *fields))
    return Record("Ask", fields)


def _shown(term: Term | None) -> str:
    return NONE if term is None else f"t{term.round}"
