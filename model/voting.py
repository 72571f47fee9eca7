"""Voting: acceptors vote in ballots and see each other's votes; Paxos without its messages.

Lamport's TLA+ module Voting. An acceptor votes for a value in a ballot only if the votes and
promises of some quorum show that no other value was, or can still be, chosen in a lower ballot.
"""

from .language import (
    Majority,
    Map,
    Ordered,
    Protocol,
    Record,
    Set,
    Sort,
    action,
    define,
    durable,
    invariant,
    reachable,
    require,
)


class Acceptor(Sort): ...


class Value(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Quorum(Majority[Acceptor]): ...


class Vote(Record):
    b: Ballot
    v: Value


class Voting(Protocol):
    """What each acceptor voted for, and the ballot below which it votes no more."""

    votes: Map[Acceptor, Set[Vote]] = durable(frozenset())
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @action
    def increase_max_bal(self, a: Acceptor, b: Ballot) -> None:
        require(self.max_bal[a] < b)
        self.max_bal[a] = b

    @action
    def vote_for(self, a: Acceptor, b: Ballot, v: Value) -> None:
        require(self.max_bal[a] <= b)
        require(self.did_not_vote_at(a, b))
        require(not any(self.voted_for(c, b, w) for c in Acceptor for w in Value if w != v))
        require(any(self.shows_safe_at(q, b, v) for q in Quorum))
        self.votes[a] = self.votes[a] | {Vote(b, v)}
        self.max_bal[a] = b

    @define
    def voted_for(self, a: Acceptor, b: Ballot, v: Value) -> bool:
        return Vote(b, v) in self.votes[a]

    @define
    def did_not_vote_at(self, a: Acceptor, b: Ballot) -> bool:
        return not any(self.voted_for(a, b, v) for v in Value)

    @define
    def shows_safe_at(self, q: Quorum, b: Ballot, v: Value) -> bool:
        """No acceptor of q can vote below b any more, and their last vote there was for v."""
        return all(b <= self.max_bal[a] for a in q) and (
            all(self.did_not_vote_at(a, d) for a in q for d in Ballot if d < b)
            or any(
                any(self.voted_for(a, c, v) for a in q)
                and all(self.did_not_vote_at(a, d) for a in q for d in Ballot if c < d and d < b)
                for c in Ballot
                if c < b
            )
        )

    @define
    def chosen_at(self, b: Ballot, v: Value) -> bool:
        return any(all(self.voted_for(a, b, v) for a in q) for q in Quorum)

    @define
    def cannot_vote_at(self, a: Acceptor, b: Ballot) -> bool:
        return b < self.max_bal[a] and self.did_not_vote_at(a, b)

    @define
    def none_other_choosable_at(self, b: Ballot, v: Value) -> bool:
        return any(
            all(self.voted_for(a, b, v) or self.cannot_vote_at(a, b) for a in q) for q in Quorum
        )

    @define
    def safe_at(self, b: Ballot, v: Value) -> bool:
        return all(self.none_other_choosable_at(c, v) for c in Ballot if c < b)

    @invariant
    def votes_are_safe(self) -> bool:
        return all(
            self.safe_at(b, v)
            for a in Acceptor
            for b in Ballot
            for v in Value
            if self.voted_for(a, b, v)
        )

    @invariant
    def one_value_per_ballot(self) -> bool:
        return all(
            v == w
            for b in Ballot
            for a in Acceptor
            for v in Value
            for c in Acceptor
            for w in Value
            if self.voted_for(a, b, v) and self.voted_for(c, b, w)
        )

    @invariant
    def votes_raise_max_bal(self) -> bool:
        return all(w.b <= self.max_bal[a] for a in Acceptor for w in self.votes[a])

    @invariant
    def agreement(self) -> bool:
        return all(
            v == w
            for b in Ballot
            for v in Value
            for c in Ballot
            for w in Value
            if self.chosen_at(b, v) and self.chosen_at(c, w)
        )

    @reachable
    def a_value_is_chosen(self) -> bool:
        return any(self.chosen_at(b, v) for b in Ballot for v in Value)
