"""Reading a protocol class: its variables, actions and properties, as the surface IR.

Every method is read from its source, and every statement by itself, so that one run reports all
mistakes. Nothing is executed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from quorate.model.language.declare.protocol import TEMPORAL, Protocol
from quorate.model.language.diagnostics import Diagnostic, ModelError
from quorate.model.language.ir import surface as s

from .classes import ClassReader
from .clocks import clock_steps
from .constants import constant_writes
from .delivering import receiving
from .enabling import function_reader
from .functions import FunctionReader, head
from .private import private_mistakes, uses_of_others
from .source import function_source
from .statements import Body
from .temporal import fairness, temporal_property

T = TypeVar("T")


def capture(protocol: type[Protocol]) -> s.Description:
    """Read a protocol class. Raises ModelError with all mistakes."""
    return _Capture(protocol).run()


def capture_define(protocol: type[Protocol], name: str) -> tuple[tuple[s.Name, ...], s.Expr]:
    """The parameters and the value of a `@define`. Raises ModelError."""
    variables = ClassReader(protocol, []).read()
    return function_reader(protocol, variables).define(name, ())


@dataclass
class _Capture:
    protocol: type[Protocol]
    mistakes: list[Diagnostic] = field(default_factory=list)

    def run(self) -> s.Description:
        declared = ClassReader(self.protocol, self.mistakes)
        variables = declared.read()
        self.mistakes += private_mistakes(self.protocol, variables.values())
        functions = function_reader(self.protocol, variables)
        actions = self._actions(functions, "action")
        inits = self._actions(functions, "init")
        properties = self._properties(functions, ("invariant", "reachable", "constraint"))
        finals = self._properties(functions, ("final",))
        temporal = [
            p
            for kind in TEMPORAL
            for name, f in self.protocol.methods(kind).items()
            if (p := self._attempt(temporal_property, functions, name, f))
        ]
        for name in self.protocol.methods("define"):
            self._attempt(functions.define, name, ())
        if self.mistakes:
            raise ModelError(_unique(self.mistakes))
        return s.Description(
            protocol=self.protocol,
            variables=tuple(variables.values()),
            inits=tuple(inits),
            actions=tuple(actions),
            properties=tuple(properties),
            finals=tuple(finals),
            temporal=tuple(temporal),
        )

    def _properties(self, functions: FunctionReader, kinds: Sequence[str]) -> list[s.Property]:
        return [
            p
            for kind in kinds
            for name, f in self.protocol.methods(kind).items()
            if (p := self._attempt(functions.property, name, f, kind))
        ]

    def _attempt(self, read: Callable[..., T], *args: Any) -> T | None:
        try:
            return read(*args)
        except ModelError as error:
            self.mistakes += error.diagnostics
            return None

    def _actions(self, functions: FunctionReader, kind: str) -> list[s.Action]:
        found = []
        for name, function in self.protocol.methods(kind).items():
            action = self._attempt(self._action, functions, name, function)
            if action is not None:
                found.append(action)
        return found

    def _action(self, functions: FunctionReader, name: str, function: Any) -> s.Action:
        node, _ = function_source(function)
        reader = functions.reading(function)
        parameters = functions.parameters(node, reader)
        functions.ranges(node, parameters, reader)
        body = Body(functions, reader, functions.method_of(function), self.mistakes)
        statements = body.block(node.body)
        span = head(node, reader)
        received = list(receiving(parameters, functions.variables))
        statements = [*received, *statements]
        if not any(not isinstance(x, s.Require) for x in statements) and not body.mistaken:
            reader.fail(
                "no-effect",
                f"action `{name}` changes nothing",
                span,
                "no effect",
                "an action writes a variable or sends a message; a condition is a @define",
            )
        action = s.Action(
            name=name,
            parameters=parameters,
            body=tuple(statements),
            fault=function._quorate.fault,
            span=span,
            fair=function._quorate.fair,
            fair_for=fairness(node, function, parameters, reader),
        )
        self.mistakes += clock_steps(action, function, functions.variables.values())
        self.mistakes += uses_of_others(action, function, functions.variables.values())
        self.mistakes += constant_writes(action, function, functions.variables.values())
        return action


def _unique(found: list[Diagnostic]) -> list[Diagnostic]:
    return sorted(dict.fromkeys(found), key=lambda d: (d.span.file, d.span.line, d.span.col))
