"""Asking whether an action is enabled: `enabled(self.action, a, b)`."""

from __future__ import annotations

import ast
from dataclasses import replace

from quorate._spelling import nearest
from quorate.model.language.declare.queues import fifo_of
from quorate.model.language.declare.types import RecordType
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.steps import aged
from quorate.model.language.ir.traverse import walk

from .earlier import NotKnown, settled, typed
from .generators import Generators


class Asking(Generators):
    """Reads questions about actions."""

    def _enabled(self, node: ast.Call) -> s.Expr:
        """`enabled(self.action, a, b)`: the guards of the action, written out."""
        action = node.args[0] if node.args else node
        name = action.attr if isinstance(action, ast.Attribute) else ""
        known = self.protocol.methods("action")
        if name not in known or self.read_guards is None or not self._of_a_state(action):
            near = nearest(name, known)
            self.fail(
                "not-an-action",
                "`enabled` takes an action of `self`, and its arguments",
                action,
                "not an action",
                f"did you mean `self.{near}`?"
                if near
                else f"the actions are {', '.join(known) or 'none'}",
            )
        if known[name]._quorate.fault is not None:
            self.fail(
                "not-an-action",
                f"whether the fault `{name}` may happen depends on its budget",
                action,
                "a fault",
                "a budget belongs to the search, not to the protocol: write the guards out",
            )
        if name in self.calling:
            cycle = " → ".join((*self.calling, name))
            self.fail("recursion", f"`{name}` asks for itself: {cycle}", node, "recursive call")
        parameters, guards = self.read_guards(name, self.calling)
        self._check_queues(action, parameters)
        given = node.args[1:]
        if node.keywords or len(given) != len(parameters):
            names = ", ".join(p.name for p in parameters)
            self.fail(
                "argument-count",
                f"`{name}` takes {len(parameters)} arguments by position ({names})",
                node,
                "by name" if node.keywords else f"{len(given)} given",
                f"write `enabled(self.{', '.join([name, *(p.name for p in parameters)])})`",
            )
        pairs = zip(given, parameters, strict=True)
        args = {p.uid: typed(self.value(a, p.type), p.type) for a, p in pairs}
        aging = isinstance(action, ast.Attribute) and ast.unparse(action.value) == self.old
        guards = aged(guards) if aging else guards
        try:
            found = settled(guards, args, [] if aging else self.done)
        except NotKnown:
            reads = (x for x in walk(guards) if isinstance(x, (s.StateRead, s.SentMessages)))
            self.unknown(node, next(x.variable for x in reads if x.variable.name in self.written))
        return replace(found, span=self.span(node))

    def _of_a_state(self, action: ast.expr) -> bool:
        return isinstance(action, ast.Attribute) and ast.unparse(action.value) in ("self", self.old)

    def _check_queues(self, node: ast.expr, parameters: tuple[s.Name, ...]) -> None:
        fifos = (fifo_of(v.type) for v in self.variables.values())
        queued = {m for t in fifos if t is not None for m in t.messages}
        for p in parameters:
            if isinstance(p.type, RecordType) and p.type.record in queued:
                self.fail(
                    "not-an-action",
                    f"`{p.name}` is the first message of a link",
                    node,
                    "takes a message that is delivered in order",
                    "ask for what the link holds",
                )
