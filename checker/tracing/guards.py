"""Why an action is disabled in a state: each of its guards, and what is missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FrameType

from quorate.checker.results import Move
from quorate.model.language import Message, StepError
from quorate.model.language.declare.types import RecordType
from quorate.model.language.description import describe
from quorate.model.language.frontend.source import function_source, span_of
from quorate.model.language.interpreter import Arguments, Interpreter, State
from quorate.traces import show

from .scope import MethodScope
from .values import show_value
from .witness import Reasons

Place = tuple[str, int]
"""The file and the line of a `require`."""


@dataclass(frozen=True)
class GuardCheck:
    """One condition of an action: where it is written, whether it holds, and if not, why not.

    `place` is None for what no line says, such as that a message must have been sent.
    """

    text: str
    held: bool
    why: str = ""
    place: Place | None = None


@dataclass(frozen=True)
class TriedAction:
    """An action that was tried in a state; `move` is the step, if it is enabled.

    `undefined` says why the guards after the last one could not be evaluated, if so.
    """

    action: str
    arguments: Arguments
    guards: tuple[GuardCheck, ...]
    move: Move | None
    undefined: str | None = None

    @property
    def title(self) -> str:
        """`phase1b(a0, b1)`."""
        return title(self.action, self.arguments)

    @property
    def failing(self) -> int:
        """How many guards do not hold."""
        return sum(not guard.held for guard in self.guards)


def title(action: str, arguments: Arguments) -> str:
    """An action with arguments, as a trace shows it."""
    return f"{action}({', '.join(show(show_value(a)) for a in arguments)})"


def tried(interpreter: Interpreter, state: State, action: str, arguments: Arguments) -> TriedAction:
    """Try an action. Use it inside the interpreter's sizes."""
    interpreter.load(state)
    watching = _Watching(interpreter)
    unsaid = [*_unsaid(interpreter, action, arguments)]
    required, _ = interpreter.regardless(state, action, arguments, watching.see)
    for requirement in required[: len(required) - len(watching.guards)]:
        place = requirement.file, requirement.line
        said = "the message is delivered to its addressee"
        unsaid.append(GuardCheck(said, requirement.held, "", place))
    guards, undefined, after = (*unsaid, *watching.guards), None, None
    try:
        after = interpreter.step(state, action, arguments)
    except StepError as error:
        undefined = str(error.at.what if error.at else error)
    move = None if after is None else Move(action, arguments, after)
    if move is None and undefined is None and all(guard.held for guard in guards):
        undefined = "a later guard"  # What is evaluated after a guard that fails may be undefined.
    return TriedAction(action, arguments, guards, move, undefined)


def nearest(interpreter: Interpreter, state: State, action: str) -> tuple[list[TriedAction], int]:
    """The enabled instances of an action or, if there is none, one with the fewest failing guards.

    Also how many instances there are; where there is none, what is missing for one.
    """
    choices = interpreter.choices(state, action)
    if not choices:
        return [_without_instance(interpreter, action)], 0
    taken = [a for a, _ in interpreter.steps_of(state, action, {})]
    if taken:
        return [tried(interpreter, state, action, a) for a in taken], len(choices)
    missed = {a: _missed(interpreter, state, action, a) for a in choices}
    best = min(missed, key=lambda a: missed[a])
    return [tried(interpreter, state, action, best)], len(choices)


def _without_instance(interpreter: Interpreter, action: str) -> TriedAction:
    types = [p.var.type for p in describe(interpreter.protocol).action(action).parameters]
    records = [t.record.__name__ for t in types if isinstance(t, RecordType)]
    why = f"no {' or no '.join(records)} is there" if records else "some range is empty"
    return TriedAction(
        action, (), (GuardCheck("there are values for its arguments", False, why),), None
    )


def _missed(interpreter: Interpreter, state: State, action: str, arguments: Arguments) -> int:
    return sum(not r.held for r in interpreter.requirements(state, action, arguments))


def _unsaid(interpreter: Interpreter, action: str, arguments: Arguments) -> Iterator[GuardCheck]:
    """What a step takes besides its `require`s."""
    fault = interpreter.actions[action]._quorate.fault
    if fault is not None:
        left = interpreter.budget[fault]
        why = "" if left else f"the budget of the fault {fault} is used up: give -f {fault}=N"
        yield GuardCheck(f"a fault of the kind {fault} may still happen", bool(left), why)
    for message in (a for a in arguments if isinstance(a, Message)):
        there = interpreter.is_deliverable(message)
        text = f"{show(show_value(message))} can be received"
        yield GuardCheck(text, there, "" if there else "it is not there")


@dataclass
class _Watching:
    """The `require`s of an action, seen while it runs."""

    interpreter: Interpreter

    def __post_init__(self) -> None:
        self.guards: list[GuardCheck] = []

    def see(self, frame: FrameType, held: bool) -> None:
        """One `require`, in the frame that calls it."""
        place = frame.f_code.co_filename, frame.f_lineno
        condition = _condition(frame)
        text = "..." if condition is None else span_of(condition, place[0]).text()
        why = "" if held or condition is None else self._why(condition, frame)
        self.guards.append(GuardCheck(f"require({text})", held, why, place))

    def _why(self, condition: ast.expr, frame: FrameType) -> str:
        holder = self.interpreter.object
        reasons = Reasons(holder, thorough=True)
        owner = _owner(type(holder), frame.f_code)
        scope = MethodScope(owner, dict(frame.f_locals), reasons.around(frame.f_globals, owner))
        try:
            return reasons.why(condition, scope, truth=False)
        except Exception:  # That it does not hold is known; why cannot be said.
            return ""


def _condition(frame: FrameType) -> ast.expr | None:
    """What the `require` asks for that a frame is in; None if its source is not found."""
    positions = [*frame.f_code.co_positions()][frame.f_lasti // 2]
    for owner in type(frame.f_locals.get("self")).__mro__:
        method = vars(owner).get(frame.f_code.co_name)
        if getattr(method, "__code__", None) is not frame.f_code:
            continue
        node, _ = function_source(method)
        for part in ast.walk(node):
            if isinstance(part, ast.Call) and (part.lineno, part.col_offset) == (
                positions[0],
                positions[2],
            ):
                return part.args[0] if part.args else None
    return None


def _owner(protocol: type, code: CodeType) -> type:
    """The class that has the method with this code."""
    methods = ((c, vars(c).get(code.co_name)) for c in protocol.__mro__)
    return next((c for c, m in methods if getattr(m, "__code__", None) is code), protocol)
