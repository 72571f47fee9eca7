"""Who is a member, and which sets of members decide (Ongaro 2014, §4.1 and §4.3)."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct


class Membership(Struct, frozen=True, tag="membership"):
    """The members; with `incoming`, C_old,new: the old ones and the new ones, each as a set."""

    members: tuple[str, ...]
    incoming: tuple[str, ...] | None = None

    @property
    def servers(self) -> tuple[str, ...]:
        """All members, old ones first."""
        return tuple(dict.fromkeys((*self.members, *(self.incoming or ()))))

    def has_quorum(self, heard: Collection[str]) -> bool:
        """Whether these are more than half of the members; in C_old,new, of the old and the new.

        Counting each server once is the caller's duty: a defect in the counting must be able to
        show.
        """
        parts = (self.members,) if self.incoming is None else (self.members, self.incoming)
        return all(2 * sum(name in part for name in heard) > len(part) for part in parts)

    def is_next_to(self, members: Collection[str]) -> bool:
        """Whether one server differs at most: then any two majorities meet (§4.1)."""
        return self.incoming is None and len({*self.members} ^ {*members}) <= 1
