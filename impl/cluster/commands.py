"""What people type: the commands of the prompt and of scripts, parsed.

    put KEY VALUE | get KEY | cas KEY OLD NEW | delete KEY
    status | kill NODE | restart NODE | partition NODE ... [/ NODE ...] | heal | wait SECONDS
    members NODE ... | transfer NODE

Words are separated by blanks; quotes keep blanks, as in a shell. In `cas` a `-` stands for nothing.
A node is named as `n0` or `0`, or as `leader`, whoever that is then. `#` begins a comment.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from quorate.impl.errors import ConfigError, WireError
from quorate.impl.store import Command, CompareAndSet, Delete, Get, Put

from .systems import check_command

LEADER: Final = "leader"
NOTHING: Final = "-"
LONGEST_S: Final = 3600.0


@dataclass(frozen=True)
class Submit:
    """Have the store do something."""

    command: Command


@dataclass(frozen=True)
class KillNode:
    """Kill a node with SIGKILL."""

    node: str


@dataclass(frozen=True)
class RestartNode:
    """Start a node again."""

    node: str


@dataclass(frozen=True)
class Part:
    """Let nodes reach those of their own group alone; who is in none is with the rest."""

    groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Reconfigure:
    """Have these nodes, and no others, decide."""

    members: tuple[str, ...]


@dataclass(frozen=True)
class Transfer:
    """Have another node lead."""

    node: str


@dataclass(frozen=True)
class Heal:
    """Let all nodes reach each other."""


@dataclass(frozen=True)
class Pause:
    """Do nothing for a while."""

    seconds: float


@dataclass(frozen=True)
class ShowStatus:
    """Say how every node is."""


@dataclass(frozen=True)
class Help:
    """Say what can be typed."""


@dataclass(frozen=True)
class Quit:
    """End the session."""


Typed: TypeAlias = (
    Submit
    | KillNode
    | RestartNode
    | Part
    | Heal
    | Reconfigure
    | Transfer
    | Pause
    | ShowStatus
    | Help
    | Quit
)

#: Each command with what it is followed by.
USAGE: Final = MappingProxyType(
    {
        "put": "KEY VALUE",
        "get": "KEY",
        "cas": "KEY OLD NEW, where - is nothing",
        "delete": "KEY",
        "status": "",
        "kill": "NODE, or leader",
        "restart": "NODE",
        "partition": "NODE ... [/ NODE ...], cut off from the rest",
        "heal": "",
        "members": "NODE ..., who decide from then on",
        "transfer": "NODE, which is to lead",
        "wait": "SECONDS",
        "help": "",
        "quit": "",
    }
)


def parse(line: str, nodes: Sequence[str]) -> Typed | None:
    """What a line means; None of one that is empty. Raises ConfigError that says what is wrong."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise ConfigError(
            f"found {line.strip()!r}: {error}".replace("No closing", "no closing")
        ) from None
    if not words:
        return None
    name, *given = words
    if name not in USAGE:
        raise ConfigError(f"found {name!r}, expected one of {', '.join(USAGE)}")
    made = _PARSERS[name](given, nodes)
    if made is None:
        found = " ".join(given) or "nothing"
        expected = USAGE[name] or "nothing"
        raise ConfigError(f"{name}: found {found}, expected {expected}")
    return made


def _submit(kind: Callable[..., Command], count: int) -> Callable[..., Typed | None]:
    def made(given: Sequence[str], nodes: Sequence[str]) -> Typed | None:
        del nodes
        if len(given) != count:
            return None
        command = kind(*given)
        try:
            check_command(command)
        except WireError as error:
            raise ConfigError(str(error)) from None
        return Submit(command)

    return made


def _cas(key: str, old: str, new: str) -> Command:
    return CompareAndSet(key, None if old == NOTHING else old, new)


def _on_node(kind: Callable[[str], Typed]) -> Callable[..., Typed | None]:
    def made(given: Sequence[str], nodes: Sequence[str]) -> Typed | None:
        return kind(_node(given[0], nodes)) if len(given) == 1 else None

    return made


def _alone(kind: Callable[[], Typed]) -> Callable[..., Typed | None]:
    return lambda given, nodes: None if given else kind()


def _part(given: Sequence[str], nodes: Sequence[str]) -> Typed | None:
    groups: list[list[str]] = [[]]
    for word in given:
        if word == "/":
            groups.append([])
        else:
            groups[-1].append(_node(word, nodes))
    named = [node for group in groups for node in group]
    _check_once("partition", named)
    return Part(tuple(tuple(group) for group in groups if group)) if named else None


def _members(given: Sequence[str], nodes: Sequence[str]) -> Typed | None:
    named = tuple(_node(word, nodes) for word in given)
    _check_once("members", named)
    return Reconfigure(named) if named else None


def _check_once(name: str, named: Sequence[str]) -> None:
    twice = next((node for node in named if named.count(node) > 1), None)
    if twice is not None:
        raise ConfigError(f"{name}: found {twice} twice, expected each node once")


def _wait(given: Sequence[str], nodes: Sequence[str]) -> Typed | None:
    del nodes
    try:
        (seconds,) = map(float, given)
    except ValueError:
        return None
    return Pause(seconds) if 0 <= seconds <= LONGEST_S else None


def _node(word: str, nodes: Sequence[str]) -> str:
    name = f"n{word}" if word.isdecimal() else word
    if name not in (*nodes, LEADER):
        raise ConfigError(f"found {word!r}, expected {', '.join(nodes)} or {LEADER}")
    return name


_PARSERS: Final = MappingProxyType[str, Callable[[Sequence[str], Sequence[str]], Typed | None]](
    {
        "put": _submit(Put, 2),
        "get": _submit(Get, 1),
        "cas": _submit(_cas, 3),
        "delete": _submit(Delete, 1),
        "status": _alone(ShowStatus),
        "kill": _on_node(KillNode),
        "restart": _on_node(RestartNode),
        "partition": _part,
        "heal": _alone(Heal),
        "members": _members,
        "transfer": _on_node(Transfer),
        "wait": _wait,
        "help": _alone(Help),
        "quit": _alone(Quit),
    }
)
