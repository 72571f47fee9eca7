"""What clients ask of the store, and what they are told.

Rules:
- A command is a frozen value, tagged by its name: it is kept in logs and sent over wires.
- A client numbers its commands from 1 and has one at a time under way. It repeats a command,
  under the same number, until it is answered, and never uses the number for another one.
- A client that gives up on a command does not know whether it happened, or still will.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from quorate.impl.envelope import Value

Key: TypeAlias = str


class Get(Struct, frozen=True, tag="get"):
    """What is under the key? The result is None if nothing is."""

    key: Key


class Put(Struct, frozen=True, tag="put"):
    """Put the value under the key, whatever is there. The result is None."""

    key: Key
    value: Value


class CompareAndSet(Struct, frozen=True, tag="cas"):
    """Put `new` under the key if `old` is there; None stands for nothing.

    The result says whether it was.
    """

    key: Key
    old: Value | None
    new: Value


class Delete(Struct, frozen=True, tag="delete"):
    """Leave nothing under the key. The result is None."""

    key: Key


Command: TypeAlias = Get | Put | CompareAndSet | Delete
Result: TypeAlias = Value | bool | None


class Submission(Struct, frozen=True, tag="submission"):
    """A command of a client, with its number among that client's commands."""

    client: str
    sequence: int
    command: Command


class Answered(Struct, frozen=True, tag="answered"):
    """The command was applied, once, and this was its result."""

    result: Result


class Rejected(Struct, frozen=True, tag="rejected"):
    """The number is not one that can be applied now: the client did not keep to its rules.

    A command with this number may have been applied before; this submission changed nothing.
    """

    reason: str


Reply: TypeAlias = Answered | Rejected


class Completed(Struct, frozen=True, tag="completed"):
    """To a client: its command with this number has been applied."""

    sequence: int
    reply: Reply


class Redirected(Struct, frozen=True, tag="redirected"):
    """To a client: I do not lead; the leader that I know of, if any, may know more."""

    sequence: int
    leader: str | None


ClientMessage: TypeAlias = Completed | Redirected
