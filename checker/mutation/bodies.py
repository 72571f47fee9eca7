"""The bodies that the steps of a protocol run: methods, and what those call by `super()`."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from quorate.model.language import Protocol
from quorate.model.language.declare.protocol import PREDICATES
from quorate.model.language.frontend.source import function_source

STEPS = ("init", "action")


@dataclass(frozen=True)
class MethodBody:
    """A method as it stands in the class `owner`.

    `steps` are the actions, or `@init`, that run it: itself or what calls it by `super()`. It is
    `direct` if its arguments are always those of a step, so that none is the bottom of its sort.
    """

    owner: type[Protocol]
    function: Any
    direct: bool = True
    steps: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the method."""
        name: str = self.function.__name__
        return name

    @property
    def stands_alone(self) -> bool:
        """Whether it can be compiled elsewhere: it reads no variable of a function around it."""
        return set(self.function.__code__.co_freevars) <= {"__class__"}


def changeable(protocol: type[Protocol]) -> list[MethodBody]:
    """The bodies whose source is changed: those of actions, `@init`, and what only those call.

    What an invariant reads is part of the claim, so it stays. What is defined inside a function
    stays, too, if it reads that function's variables.
    """
    steps = bodies_of_steps(protocol)
    claims = [_body(protocol, name) for kind in PREDICATES for name in protocol.methods(kind)]
    names = list(protocol.methods("define"))
    of_steps = _called(protocol, steps, names) - _called(protocol, claims, names)
    defines = [_body(protocol, name) for name in names if name in of_steps]
    return [body for body in (*steps, *defines) if body.stands_alone]


def unchangeable(protocol: type[Protocol]) -> list[str]:
    """The actions that have a body that no operator changes."""
    stays = {s for body in bodies_of_steps(protocol) if not body.stands_alone for s in body.steps}
    return [name for name in protocol.methods("action") if name in stays]


def bodies_of_steps(protocol: type[Protocol]) -> list[MethodBody]:
    """The bodies that actions and `@init` run, each once."""
    found: dict[Any, MethodBody] = {}
    for step in (name for kind in STEPS for name in protocol.methods(kind)):
        for body in _run(protocol.__mro__, step):
            known = found.get(body.function, body)
            direct = known.direct and body.direct
            steps = tuple(dict.fromkeys((*known.steps, step)))
            found[body.function] = replace(body, direct=direct, steps=steps)
    return list(found.values())


def _run(mro: Sequence[type], name: str, direct: bool = True) -> Iterator[MethodBody]:
    """The method of this name, and all that it calls by `super()`."""
    place, owner = next((i, cls) for i, cls in enumerate(mro) if name in vars(cls))
    body = MethodBody(owner, inspect.unwrap(vars(owner)[name]), direct)
    yield body
    node, _ = function_source(body.function)
    parameters = {argument.arg for argument in node.args.args}
    for call in ast.walk(node):
        match call:
            case ast.Call(ast.Attribute(ast.Call(ast.Name("super")), called), arguments):
                own = all(isinstance(a, ast.Name) and a.id in parameters for a in arguments)
                yield from _run(mro[place + 1 :], called, direct and own)


def _body(protocol: type[Protocol], name: str) -> MethodBody:
    return next(_run(protocol.__mro__, name))


def _called(protocol: type[Protocol], bodies: Iterable[MethodBody], defines: list[str]) -> set[str]:
    """The defines that bodies call, directly or by others."""
    pending, found = list(bodies), set[str]()
    while pending:
        node, _ = function_source(pending.pop().function)
        names = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
        new = (names & set(defines)) - found
        found |= new
        pending += [_body(protocol, name) for name in new]
    return found
