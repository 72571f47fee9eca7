"""One node: it leads terms, and follows the leaders of others.

Everything that affects a node's state lives in this file.

Rules (Gray and Cheriton 1989, §2, §5; Ongaro 2014, §6.4.1):
1. Whoever grants a lease follows no leader of another term until its own clock is past the start
   of the lease, the lease and a margin. A renewal starts the lease later.
2. A leader answers reads alone while a majority has granted one and the same lease of its term,
   and its own clock is not past its end; and never after it has followed a higher term.
3. The promise and the terms led are durable *before* anything is sent.
4. A node owns no clock: each handler is given `now`, what this node's clock shows.

The margin must be at least the ticks by which two clocks can be apart. A leader overwrites the
register with its first request, so a read returns the term in which it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from msgspec.structs import replace

from quorate.impl.errors import ConfigError, ProtocolRefusal
from quorate.impl.outputs import Persist, Send
from quorate.impl.tables import Table

from .messages import Ask, Grant, LeaseMessage, LeaseOutputs, LeaseRecord, Term

_Rule: TypeAlias = Callable[[LeaseMessage], LeaseOutputs]


@dataclass(frozen=True)
class Wait:
    """How long a lease lasts for its leader, and how much longer for followers, in ticks."""

    lease: int
    margin: int

    def __post_init__(self) -> None:
        if self.lease < 1 or self.margin < 0:
            raise ConfigError(
                f"A lease lasts at least 1 tick and its margin at least 0, "
                f"not {self.lease} and {self.margin}."
            )


class Situation(Enum):
    """How a request compares with the promise, and a grant with the terms led."""

    FREE = "above the promise, which is over"
    BOUND = "above the promise, which lasts"
    LATER = "of the promised term, a later start"
    KNOWN = "of the promised term, no later start"
    BELOW = "below the promise"
    LED = "of a term that it leads"
    NOT_LED = "of another term"


TABLE: Final[Table] = MappingProxyType(
    {
        (Ask, Situation.FREE): "follow",
        (Ask, Situation.BOUND): "ignore",
        (Ask, Situation.LATER): "follow",
        (Ask, Situation.KNOWN): "ignore",
        (Ask, Situation.BELOW): "ignore",
        (Grant, Situation.LED): "gather",
        (Grant, Situation.NOT_LED): "ignore",
    }
)


class LeaseNode:
    """One node. `receive` takes an ASK or a GRANT; a host calls the others. All return outputs."""

    def __init__(
        self, name: str, members: Collection[str], wait: Wait, record: LeaseRecord | None = None
    ) -> None:
        self.name, self.members, self.wait = name, tuple(members), wait
        self.record = LeaseRecord() if record is None else record
        self.grants: dict[Term, Mapping[int, frozenset[str]]] = {}
        """Who granted the leases of each term led, by their start; lost in a crash."""

    def receive(self, message: LeaseMessage, now: int) -> LeaseOutputs:
        """Answer one message by the rule that the table names for it."""
        rule = TABLE[type(message), self.situation(message, now)]
        return cast(_Rule, getattr(self, rule))(message)

    def campaign(self, term: Term, now: int) -> LeaseOutputs:
        """Ask all to follow in a new term. Raises ProtocolRefusal."""
        if term.leader != self.name or term in self.record.led or self._promised_from(term):
            raise ProtocolRefusal(f"{self.name} cannot begin term {term}.")
        self.record = replace(self.record, led=self.record.led | {term})
        return (Persist(self.record), *self._ask(term, now))

    def renew(self, term: Term, now: int) -> LeaseOutputs:
        """Ask all to go on following. Raises ProtocolRefusal."""
        self._check_leads(term)
        return self._ask(term, now)

    def read(self, term: Term, now: int) -> Term:
        """The term in which the register was last written, if nobody need be asked.

        Raises ProtocolRefusal.
        """
        self._check_leads(term)
        if not self.holds_lease(term, now):
            raise ProtocolRefusal(f"{self.name} holds no lease of term {term}.")
        return term

    def leads(self, term: Term) -> bool:
        """Whether it has begun the term and has followed no higher one."""
        return term in self.record.led and (self.record.term is None or self.record.term <= term)

    # The rules. Each is one method, so that a defect is one override.

    def situation(self, message: LeaseMessage, now: int) -> Situation:
        """Where a message stands (rule 1)."""
        if isinstance(message, Grant):
            return Situation.LED if self.leads(message.term) else Situation.NOT_LED
        promised = self.record.term
        if promised == message.term:
            return Situation.LATER if self.record.start < message.start else Situation.KNOWN
        if promised is not None and message.term < promised:
            return Situation.BELOW
        return Situation.FREE if self.free_from() <= now else Situation.BOUND

    def free_from(self) -> int:
        """The reading of its clock from which it may follow another leader (rule 1)."""
        if self.record.term is None:
            return 0
        return self.record.start + self.wait.lease + self.wait.margin

    def holds_lease(self, term: Term, now: int) -> bool:
        """Whether a lease of the term is granted, and has not ended (rule 2)."""
        return any(
            now < start + self.wait.lease and self.is_majority(nodes)
            for start, nodes in self.grants.get(term, {}).items()
        )

    # The answers that the table names.

    def follow(self, message: Ask) -> LeaseOutputs:
        """Promise, for the first time or for longer: record it, then say so."""
        term = message.term
        led = frozenset(t for t in self.record.led if t >= term)
        self.record = LeaseRecord(term, message.start, led)
        self.grants = {t: starts for t, starts in self.grants.items() if t in led}
        return (
            Persist(self.record),
            Send(term.leader, Grant(self.name, term, message.start)),
        )

    def gather(self, message: Grant) -> LeaseOutputs:
        """Count a grant. Leases that started before one that a majority granted are forgotten."""
        starts = dict(self.grants.get(message.term, {}))
        starts[message.start] = starts.get(message.start, frozenset()) | {message.node}
        whole = max((s for s, nodes in starts.items() if self.is_majority(nodes)), default=0)
        self.grants[message.term] = {s: nodes for s, nodes in starts.items() if s >= whole}
        return ()

    def ignore(self, message: LeaseMessage) -> LeaseOutputs:
        """Say nothing: who asked will ask again."""
        del message
        return ()

    def is_majority(self, nodes: frozenset[str]) -> bool:
        """Whether any two such sets have a node in common."""
        return 2 * len(nodes) > len(self.members)

    def _ask(self, term: Term, now: int) -> LeaseOutputs:
        return tuple(Send(member, Ask(term, now)) for member in self.members)

    def _promised_from(self, term: Term) -> bool:
        return self.record.term is not None and self.record.term >= term

    def _check_leads(self, term: Term) -> None:
        if not self.leads(term):
            raise ProtocolRefusal(f"{self.name} does not lead term {term}.")
