"""The ABD register with the companions that make it provably linearizable, at any size.

Lynch, Shvartsman: Robust Emulation of Shared Memory Using Dynamic Quorum-Acknowledged Broadcasts
(1997): tags follow real time. What an operation found, or wrote, is at a quorum by the time it
ends, and whoever begins later asks one of that quorum.
"""

from quorate.model.abd import (
    Abd,
    Ack,
    Client,
    Kind,
    Phase,
    Query,
    Quorum,
    Reply,
    Server,
    Tag,
    Update,
)
from quorate.model.language import *


class ProvedAbd(Abd):
    """The tag of an operation is that of its update."""

    @invariant
    def only_clients_send(self) -> bool:
        return (
            all(m.c != Client.none for m in self.sent[Query])
            and all(m.c != Client.none for m in self.sent[Reply])
            and all(m.c != Client.none for m in self.sent[Update])
            and all(m.c != Client.none for m in self.sent[Ack])
        )

    @invariant
    def only_clients_end(self) -> bool:
        return all(c != Client.none for d in Client for c in self.before[d])

    @invariant
    def queries_are_of_the_started(self) -> bool:
        return all(self.phase[m.c] != Phase.IDLE for m in self.sent[Query])

    @invariant
    def replies_are_to_the_started(self) -> bool:
        return all(self.phase[m.c] != Phase.IDLE for m in self.sent[Reply])

    @define
    def has_tag(self, c: Client) -> bool:
        return self.phase[c] == Phase.UPDATE or self.phase[c] == Phase.DONE

    @invariant
    def updates_are_of_those_with_tags(self) -> bool:
        return all(self.has_tag(m.c) for m in self.sent[Update])

    @invariant
    def those_with_tags_have_updates(self) -> bool:
        return all(any(m.c == c for m in self.sent[Update]) for c in Client if self.has_tag(c))

    @invariant
    def acks_are_to_those_with_tags(self) -> bool:
        return all(self.has_tag(m.c) for m in self.sent[Ack])

    @invariant
    def who_ended_before_has_ended(self) -> bool:
        return all(self.phase[c] == Phase.DONE for d in Client for c in self.before[d])

    # What a tag says.

    @invariant
    def tags_say_what_is_written(self) -> bool:
        return all(
            m.t.c == (m.c if self.kind[m.c] == Kind.WRITE else self.result[m.c])
            for m in self.sent[Update]
        )

    @define
    def is_written(self, t: Tag) -> bool:
        """Whether it is the first tag, or that of a write."""
        return t == Tag(0, Client.none) or (
            t.c != Client.none and self.kind[t.c] == Kind.WRITE and Update(t.c, t) in self.sent
        )

    @invariant
    def servers_have_written_tags(self) -> bool:
        return all(self.is_written(self.tag[s]) for s in Server)

    @invariant
    def replies_have_written_tags(self) -> bool:
        return all(self.is_written(m.t) for m in self.sent[Reply])

    @invariant
    def updates_have_written_tags(self) -> bool:
        return all(self.is_written(m.t) for m in self.sent[Update])

    @invariant
    def one_tag_for_each_write(self) -> bool:
        return all(
            m.t == k.t for m in self.sent[Update] for k in self.sent[Update] if m.t.c == k.t.c
        )

    # Where it is.

    @invariant
    def who_acknowledged_has_it(self) -> bool:
        return all(
            m.t <= self.tag[a.s] for a in self.sent[Ack] for m in self.sent[Update] if a.c == m.c
        )

    @invariant
    def what_has_ended_is_at_a_quorum(self) -> bool:
        return all(
            any(all(m.t <= self.tag[s] for s in q) for q in Quorum)
            for m in self.sent[Update]
            if self.phase[m.c] == Phase.DONE
        )

    @invariant
    def a_quorum_tells_of_what_ended_before(self) -> bool:
        return all(
            any(
                all(
                    m.t <= self.tag[s]
                    and all(m.t <= r.t for r in self.sent[Reply] if r.s == s and r.c == d)
                    for s in q
                )
                for q in Quorum
            )
            for d in Client
            for m in self.sent[Update]
            if m.c in self.before[d]
        )

    @invariant
    def the_newest_is_no_older(self) -> bool:
        return all(
            m.t <= best.t
            for c in Client
            for q in Quorum
            for best in self.sent[Reply]
            for m in self.sent[Update]
            if m.c in self.before[c] and self.is_newest(c, q, best)
        )

    @invariant
    def tags_follow_time(self) -> bool:
        return all(
            m.t <= k.t and (self.kind[k.c] == Kind.READ or m.t != k.t)
            for m in self.sent[Update]
            for k in self.sent[Update]
            if m.c in self.before[k.c]
        )
