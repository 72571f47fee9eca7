"""CASPaxos with the companion invariants of Paxos: `changes` take the place of the value."""

from quorate.model.cas_paxos import Accept, Accepted, Acceptor, Ballot, CasPaxos, Promise, Quorum
from quorate.model.language import invariant


class ProvedCasPaxos(CasPaxos):
    @invariant
    def every_change_has_a_ballot(self) -> bool:
        return all(m.b != Ballot.never for m in self.sent[Accept]) and all(
            m.b != Ballot.never for m in self.sent[Accepted]
        )

    @invariant
    def what_clients_saw_was_chosen(self) -> bool:
        return all(self.chosen(b) for b in self.told)

    @invariant
    def votes_were_asked_for(self) -> bool:
        return all(
            Accept(m.b) in self.sent and m.b <= self.max_vbal[m.a] for m in self.sent[Accepted]
        )

    @invariant
    def latest_vote_is_recorded(self) -> bool:
        return all(
            self.max_vbal[a] <= self.max_bal[a]
            and (self.max_vbal[a] == Ballot.never or Accepted(a, self.max_vbal[a]) in self.sent)
            for a in Acceptor
        )

    @invariant
    def promises_are_honest(self) -> bool:
        return all(
            m.b <= self.max_bal[m.a]
            and m.vb < m.b
            and (m.vb == Ballot.never or Accepted(m.a, m.vb) in self.sent)
            and not any(n.a == m.a and m.vb < n.b and n.b < m.b for n in self.sent[Accepted])
            for m in self.sent[Promise]
        )

    @invariant
    def a_state_contains_its_own_change(self) -> bool:
        return all(m.b in self.changes[m.b] for m in self.sent[Accept])

    @invariant
    def earlier_ballots_are_closed(self) -> bool:
        """Nothing but what a later state contains can still be chosen in an earlier ballot."""
        return all(
            any(c < self.max_bal[a] and Accepted(a, c) not in self.sent for a in q)
            for m in self.sent[Accept]
            for c in Ballot
            for q in Quorum
            if c < m.b and c not in self.changes[m.b]
        )
