"""What would enable an action: the shortest runs from a state to one where its guards hold."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from quorate.checker.results import Move
from quorate.model.language import StepError
from quorate.model.language.interpreter import Arguments, Interpreter, State

from .guards import Place

MOST_STATES = 1_000
"""How many states are looked at. CPython takes each step, so this is a second or so."""


@dataclass(frozen=True)
class Enabling:
    """The shortest extensions of a run; None where none was found.

    `enabled` leads to where the action is enabled, `guards` to where each guard holds. `states`
    were looked at, which are all that can follow if `all_states`.
    """

    enabled: tuple[Move, ...] | None
    guards: dict[Place, tuple[Move, ...] | None]
    states: int
    all_states: bool


def enabling(
    interpreter: Interpreter,
    state: State,
    action: str,
    arguments: Arguments,
    guards: list[Place],
    most: int = MOST_STATES,
) -> Enabling:
    """Search breadth-first from a state. Use it inside the interpreter's sizes."""
    parents: dict[State, tuple[State, Move] | None] = {state: None}
    waiting = deque([state])
    found: dict[Place, tuple[Move, ...] | None] = dict.fromkeys(guards)
    whole = True
    while waiting:
        here = waiting.popleft()
        moves, known = _moves(interpreter, here)
        whole = whole and known
        for move in moves:
            if move.state in parents:
                continue
            parents[move.state] = here, move
            waiting.append(move.state)
            asked = None in found.values()  # some guard has held nowhere yet
            for place in _holding(interpreter, move.state, action, arguments) if asked else ():
                if place in found and found[place] is None:
                    found[place] = _path(parents, move.state)
            if interpreter.tried(move.state, action, arguments) is not None:
                return Enabling(_path(parents, move.state), found, len(parents), False)
            if len(parents) >= most:
                return Enabling(None, found, len(parents), False)
    return Enabling(None, found, len(parents), whole)


def _moves(interpreter: Interpreter, state: State) -> tuple[list[Move], bool]:
    """The steps of a state, and whether none is undefined, so that these are all.

    They are listed before anything else is asked: the interpreter is in one state at a time.
    """
    found = []
    try:
        for name, arguments, after in interpreter.successors(state):
            found.append(Move(name, arguments, after))
    except StepError:
        return found, False
    return found, True


def _holding(
    interpreter: Interpreter, state: State, action: str, arguments: Arguments
) -> set[Place]:
    """The guards that hold, every time that they are asked."""
    required = interpreter.requirements(state, action, arguments)
    failing = {(r.file, r.line) for r in required if not r.held}
    return {(r.file, r.line) for r in required} - failing


def _path(parents: dict[State, tuple[State, Move] | None], state: State) -> tuple[Move, ...]:
    moves = []
    while (step := parents[state]) is not None:
        state, move = step
        moves.append(move)
    return tuple(reversed(moves))
