"""Protocols with the companions that make their invariants inductive, for any number of elements.

What is to be shown (agreement) is not inductive by itself: a state where nothing is chosen yet may
be one where two values are about to be. The companions say what Lamport's proof says (The Part-Time
Parliament, 1998, §2.2; Paxos Made Simple, 2001, §2.2): a proposal closes all earlier ballots to any
other value. They are invariants like any other: `quorate check` visits them too.
"""

from quorate.model.language import define, invariant
from quorate.model.multipaxos import (
    Accept,
    Accepted,
    Acceptor,
    Ballot,
    MultiPaxos,
    Promise,
    Proposer,
    Quorum,
    Slot,
    Value,
)
from quorate.model.paxos import Accept as PaxosAccept
from quorate.model.paxos import Acceptor as PaxosAcceptor
from quorate.model.paxos import Ballot as PaxosBallot
from quorate.model.paxos import Paxos
from quorate.model.paxos import Promise as PaxosPromise
from quorate.model.paxos import Quorum as PaxosQuorum
from quorate.model.paxos_roles import Accept as AcceptOne
from quorate.model.paxos_roles import Accepted as AcceptedOne
from quorate.model.paxos_roles import Acceptor as Voter
from quorate.model.paxos_roles import Ballot as Number
from quorate.model.paxos_roles import Learner, PaxosRoles, Phase2
from quorate.model.paxos_roles import Promise as PromiseOne
from quorate.model.paxos_roles import Proposer as Leader
from quorate.model.paxos_roles import Value as Choice


class ProvedMultiPaxos(MultiPaxos):
    """Multi-Paxos for any number of proposers, acceptors, slots, values and ballots."""

    @invariant
    def leaders_have_a_ballot(self) -> bool:
        return all(self.ballot[p] != Ballot.never for p in Proposer if self.leads[p]) and all(
            m.b != Ballot.never for m in self.sent[Accept]
        )

    @invariant
    def latest_votes_are_recorded(self) -> bool:
        return all(
            self.voted_ballot[a, s] <= self.promised[a]
            and (
                self.voted_value[a, s] is None
                if self.voted_ballot[a, s] == Ballot.never
                else any(
                    m.a == a
                    and m.s == s
                    and m.b == self.voted_ballot[a, s]
                    and m.v == self.voted_value[a, s]
                    for m in self.sent[Accepted]
                )
            )
            for a in Acceptor
            for s in Slot
        )

    @invariant
    def promises_are_kept(self) -> bool:
        return all(m.b <= self.promised[m.a] for m in self.sent[Promise])

    @invariant
    def promises_are_honest(self) -> bool:
        return all(
            m.ballots[s] < m.b
            and (
                m.values[s] is None
                if m.ballots[s] == Ballot.never
                else any(
                    n.a == m.a and n.s == s and n.b == m.ballots[s] and n.v == m.values[s]
                    for n in self.sent[Accepted]
                )
            )
            and not any(
                n.a == m.a and n.s == s and m.ballots[s] < n.b and n.b < m.b
                for n in self.sent[Accepted]
            )
            for s in Slot
            for m in self.sent[Promise]
        )

    @define
    def is_closed(self, c: Ballot, s: Slot, w: Value, q: Quorum) -> bool:
        """Whether this quorum cannot choose this value in this ballot any more."""
        return any(c < self.promised[a] and Accepted(a, c, s, w) not in self.sent for a in q)

    @invariant
    def followers_recovered_nothing(self) -> bool:
        return all(
            self.recovered[p, s] is None for p in Proposer for s in Slot if not self.leads[p]
        )

    @invariant
    def leaders_know_what_may_be_chosen(self) -> bool:
        return all(
            self.is_closed(c, s, w, q)
            for p in Proposer
            for s in Slot
            for c in Ballot
            for w in Value
            for q in Quorum
            if self.leads[p] and c < self.ballot[p] and self.recovered[p, s] != w
        )

    @invariant
    def earlier_ballots_are_closed(self) -> bool:
        return all(
            self.is_closed(c, m.s, w, q)
            for m in self.sent[Accept]
            for c in Ballot
            for w in Value
            for q in Quorum
            if c < m.b and w != m.v
        )


class ProvedPaxosRoles(PaxosRoles):
    """Paxos by roles, for any number of processes, values, ballots and crashes."""

    @invariant
    def ballots_have_one_owner(self) -> bool:
        return all(
            self.owner[self.ballot[p]] == p for p in Leader if self.ballot[p] != Number.never
        )

    @invariant
    def proposals_are_their_owners(self) -> bool:
        return all(
            m.b != Number.never and self.owner[m.b] is not None for m in self.sent[AcceptOne]
        ) and all(
            self.proposed[p] == m.v
            for m in self.sent[AcceptOne]
            for p in Leader
            if m.b == self.ballot[p]
        )

    @invariant
    def votes_are_recorded(self) -> bool:
        return all(
            self.voted_ballot[a] <= self.promised[a]
            and (
                self.voted_value[a] is None
                if self.voted_ballot[a] == Number.never
                else any(
                    m.b == self.voted_ballot[a] and m.v == self.voted_value[a]
                    for m in self.sent[AcceptOne]
                )
            )
            for a in Voter
        )

    @invariant
    def debts_are_current(self) -> bool:
        """What an acceptor has still to say is what it persisted last."""
        return all(
            (
                self.owes_promise[a] == Number.never
                or (
                    self.owes_promise[a] == self.promised[a]
                    and self.voted_ballot[a] < self.owes_promise[a]
                    and self.owes_accepted[a] == Number.never
                    and not any(
                        m.a == a and m.b == self.owes_promise[a] for m in self.sent[PromiseOne]
                    )
                )
            )
            and (
                self.owes_accepted[a] == Number.never
                or (
                    self.owes_accepted[a] == self.promised[a]
                    and self.owes_accepted[a] == self.voted_ballot[a]
                )
            )
            for a in Voter
        )

    @invariant
    def promises_are_honest(self) -> bool:
        return all(
            m.vb < m.b
            and (
                m.v is None
                if m.vb == Number.never
                else any(n.b == m.vb and n.v == m.v for n in self.sent[AcceptOne])
            )
            and not any(n.a == m.a and m.vb < n.b and n.b < m.b for n in self.sent[AcceptedOne])
            for m in self.sent[PromiseOne]
        )

    @invariant
    def votes_were_proposed(self) -> bool:
        return all(AcceptOne(m.b, m.v) in self.sent for m in self.sent[AcceptedOne])

    @invariant
    def promises_were_received(self) -> bool:
        return all(
            any(
                m.a == a and m.b == self.ballot[p] and m.vb <= self.best_ballot[p]
                for m in self.sent[PromiseOne]
            )
            for p in Leader
            for a in self.promises[p]
        )

    @invariant
    def the_best_vote_was_proposed(self) -> bool:
        return all(
            self.best_value[p] is None
            if self.best_ballot[p] == Number.never
            else self.best_ballot[p] < self.ballot[p]
            and any(
                m.b == self.best_ballot[p] and m.v == self.best_value[p]
                for m in self.sent[AcceptOne]
            )
            for p in Leader
        )

    @invariant
    def earlier_ballots_are_closed(self) -> bool:
        return all(
            any(c < self.promised[a] and AcceptedOne(a, c, w) not in self.sent for a in q)
            for m in self.sent[AcceptOne]
            for c in Number
            for w in Choice
            for q in Phase2
            if c < m.b and w != m.v
        )

    @invariant
    def votes_were_counted(self) -> bool:
        return all(
            any(m.a == a and m.b == b for m in self.sent[AcceptedOne])
            for l in Learner
            for b in Number
            for a in self.tally[l, b]
        )


class ProvedPaxos(Paxos):
    """Paxos with what makes its votes those of Voting, where a quorum shows each of them safe.

    A proposal keeps the quorum whose promises allowed it: one promise per acceptor and ballot, so
    what they say of earlier votes stays so.
    """

    @define
    def promised(self, a: PaxosAcceptor, b: PaxosBallot) -> bool:
        return any(m.a == a and m.b == b for m in self.sent[PaxosPromise])

    @define
    def told(self, q: PaxosQuorum, b: PaxosBallot) -> list[PaxosPromise]:
        """The promises of q for b that tell of a vote."""
        return [m for m in self.sent[PaxosPromise] if m.b == b and m.a in q and m.v is not None]

    @invariant
    def proposals_were_allowed(self) -> bool:
        return all(
            any(
                all(self.promised(a, p.b) for a in q)
                and (
                    not self.told(q, p.b)
                    or any(
                        m.v == p.v and all(n.vb <= m.vb for n in self.told(q, p.b))
                        for m in self.told(q, p.b)
                    )
                )
                for q in PaxosQuorum
            )
            for p in self.sent[PaxosAccept]
        )
