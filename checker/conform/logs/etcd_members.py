"""Which nodes of an etcd cluster the model follows, and while which quorums are the model's.

The model's members do not change. Nodes that come later, and those that are sent a snapshot or a
part of a log that is no suffix, are beyond it. Once there is such a node, or a member has come or
gone, the quorums are not those of the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .line import Beyond

Fields = Mapping[str, Any]


class Members:
    """The nodes that the model follows, line by line."""

    def __init__(self, first: Iterable[str]) -> None:
        self.first = frozenset(first)
        self.latest: int | None = None
        """The latest term when the quorums ceased to be those of the model; None while they are."""
        self._term_seen = 0
        self._whole: set[str] = set()
        """The nodes that know all members."""
        self._lost: dict[str, str] = {}
        """The nodes that the model does not follow any more, and why."""

    def look_for_an_election(self, event: Fields) -> None:
        """Once the quorums are others than the model's, an election ends what is judged."""
        term = event["state"]["term"]
        if self.latest is None:
            self._term_seen = max(self._term_seen, term)
        elif event["nid"] in self.first and (term > self.latest or event["name"] == "BecomeLeader"):
            raise Beyond("there is an election among other members than the model's")

    def changes(self, event: Fields) -> bool:
        """Whether a member comes or goes.

        Members are added one by one while a node is set up; from then on they are all there.
        """
        found = event.get("prop", {}).get("cc", {}).get("newconf")
        if found is None or event["nid"] not in self.first:
            return False
        if set(found) == self.first:
            self._whole.add(event["nid"])
            return False
        changes = event["nid"] in self._whole or not self.first >= set(found)
        if changes and self.latest is None:
            self.latest = self._term_seen
        return changes

    def why_lost(self, node: str) -> str | None:
        """Why the model does not follow a node; None if it does."""
        if node not in self.first:
            return f"node {node} is none of the first members, which the model has"
        return self._lost.get(node)

    def _lose(self, node: str, why: str) -> None:
        """From now on a node is beyond the model."""
        self._lost.setdefault(node, f"{why} node {node}: from here on its log is not the model's")
        if self.latest is None:
            self.latest = self._term_seen

    def of_the_lost(self, event: Fields) -> str | None:
        """Why the message of a line is beyond the model, though its node is not."""
        message = event.get("msg")
        if message is None:
            return None
        if message["type"] == "MsgSnap":
            self._lose(message["to"], "a snapshot is sent to")
        sending = event["name"] == "SendAppendEntriesRequest" and message["type"] == "MsgApp"
        if sending and message["index"] + message["entries"] != event["log"]:
            self._lose(message["to"], "entries that are no suffix are sent to")
        return self.why_lost(message["to"]) or self.why_lost(message["from"])


def first_members(events: Iterable[Fields]) -> set[str]:
    """The members of the first whole configuration: before any node is ready."""
    found: set[str] = set()
    for event in events:
        if event["name"] == "Ready":
            break
        found |= set(event.get("prop", {}).get("cc", {}).get("newconf", ()))
    return found
