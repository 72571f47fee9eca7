"""A client of the store: one command at a time, repeated under its number until it is answered.

It asks whoever answered last or was named as the leader; without an answer, the next server in
turn (Ongaro and Ousterhout 2014, §8). Whom others name does not change whose turn it is: a server
that is cut off may name a leader that is cut off with it, again and again.
"""

from __future__ import annotations

from collections.abc import Collection

from quorate.impl.errors import ProtocolRefusal
from quorate.impl.outputs import Send
from quorate.impl.store.commands import ClientMessage, Command, Completed, Reply, Submission


class Client:
    """One client. It has no clock: when to repeat or to give up is up to its host."""

    def __init__(self, name: str, servers: Collection[str]) -> None:
        self.name = name
        self.servers = tuple(servers)
        self.waiting: Submission | None = None
        self._sequence = 0
        self._asked = self._turn = 0

    def begin(self, command: Command) -> Send[Submission]:
        """Submit a command under the next number."""
        if self.waiting is not None:
            raise ProtocolRefusal(f"{self.name} still waits for number {self._sequence}.")
        self._sequence += 1
        self.waiting = Submission(self.name, self._sequence, command)
        return self._ask(self.waiting)

    def repeat(self) -> Send[Submission]:
        """Submit the same command to another server: this one was silent."""
        if self.waiting is None:
            raise ProtocolRefusal(f"{self.name} waits for nothing.")
        silent, self._turn = self._asked, self._after(self._turn)
        if self._turn == silent:
            self._turn = self._after(silent)
        self._asked = self._turn
        return self._ask(self.waiting)

    def give_up(self) -> None:
        """Wait no longer. Whether the command happened, or still will, is not known."""
        self.waiting = None

    def receive(self, message: ClientMessage) -> Reply | Send[Submission] | None:
        """The reply to what it waits for, or where to ask now; None for what is old or no help."""
        waiting = self.waiting
        if waiting is None or message.sequence != waiting.sequence:
            return None
        if isinstance(message, Completed):
            self.waiting = None
            return message.reply
        if message.leader is None:
            return None
        self._asked = self.servers.index(message.leader)
        return self._ask(waiting)

    def _after(self, turn: int) -> int:
        return (turn + 1) % len(self.servers)

    def _ask(self, submission: Submission) -> Send[Submission]:
        return Send(self.servers[self._asked], submission)
