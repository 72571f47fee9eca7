"""A small interpreter of TLA+: what Init and Next mean, read from the text of a module alone.

It knows nothing of the exporter. Text is parsed by tree-sitter's grammar of TLA+; expressions
become Python expressions; Init and Next are taken apart as TLC does it: a disjunct is a way of
its own, whatever the others say, and conjuncts are looked at from left to right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import values
from .compiler import Compiler
from .tree import Node, parse, walk
from .values import LIBRARY, Lazy, Model, TlaError

State = dict[str, Any]
Env = Mapping[str, Any]


class Spec(Compiler):
    """A module with its configuration, ready to be explored."""

    def __init__(self, module: str, configuration: str) -> None:
        (root,) = [n for n in parse(module).parts if n.type == "module"]
        self.operators: dict[str, tuple[list[str], Node]] = {}
        self.variables: list[str] = []
        for node in root.parts:
            if node.type == "operator_definition":
                self.define(node, self.operators)
            elif node.type == "variable_declaration":
                self.variables = [n.text for n in node.parts if n.type == "identifier"]
        self.constants: dict[str, Any] = {}
        self.scope: dict[str, Any] = {**vars(values), "L": LIBRARY, "D": {}, "C": self.constants}
        self.compiled: dict[Node, Any] = {}
        self.invariants, self.constraints = self._configure(configuration)
        for name in self.operators:
            self.scope["D"][name] = self._operator(name)

    # ------------------------------------------------------------ configuration

    def _configure(self, text: str) -> tuple[list[str], list[str]]:
        """Give the constants their values; the names of the invariants and of the constraints."""
        text = re.sub(r"\\\*.*", "", text)
        models: dict[str, Model] = {}

        def value(source: str) -> Any:
            if source.startswith("{"):
                inner = re.findall(r"\{[^{}]*\}|[^{},\s]+", source[1:-1])
                return frozenset(map(value, inner))
            return int(source) if source.isdigit() else models.setdefault(source, Model(source))

        for name, source in re.findall(r"^  (\w+) = (.*)$", text, re.MULTILINE):
            self.constants[name] = value(source)
        assert "SPECIFICATION Spec" in text
        assert "CHECK_DEADLOCK FALSE" in text
        parts = re.split(r"^([A-Z_]+)\b", text, flags=re.MULTILINE)
        named = {kind: part.split() for kind, part in zip(parts[1::2], parts[2::2], strict=True)}
        return named["INVARIANTS"], named.get("CONSTRAINTS", [])

    def _operator(self, name: str) -> Any:
        parameters, body = self.operators[name]
        names = {p: f"v_{p}" for p in parameters}
        known: dict[str, Any] = {}

        def call(s: State, *args: Any) -> Any:
            if "f" not in known:  # compiled when first used: some are only taken apart
                head = ", ".join(["S", *names.values()])
                known["f"] = eval(f"lambda {head}: {self.source(body, names)}", self.scope)
                known["constant"] = not parameters and not self._reads_state(body)
            if not known["constant"]:
                return known["f"](s, *args)
            if "value" not in known:
                known["value"] = known["f"](s)
            return known["value"]

        return call

    def _reads_state(self, node: Node) -> bool:
        for n in walk(node):
            if n.type == "identifier_ref":
                name = n.text
                if name in self.variables:
                    return True
                if name in self.operators and self._reads_state(self.operators[name][1]):
                    return True
        return False

    def value(self, node: Node, s: State, env: Env) -> Any:
        """The value of an expression; names that are not bound inside it are looked up in env."""
        code = self.compiled.get(node)
        if code is None:
            code = eval(f"lambda S, E: {self.source(node, {})}", self.scope)
            self.compiled[node] = code
        return code(s, env)

    # ------------------------------------------------------------ steps

    def steps(self, node: Node, env: Env, s: State, after: State) -> Iterator[State]:
        """The ways to make a formula true; `after` is what is known of the state after it."""
        kind = node.type
        if kind == "parentheses":
            yield from self.steps(node.parts[0], env, s, after)
        elif kind in ("conj_list", "disj_list") or node.sign in ("land", "lor"):
            items = node.items or [node.parts[0], node.parts[2]]
            if kind == "conj_list" or node.sign == "land":
                yield from self._all_of([(x, env) for x in items], s, after)
            else:
                for item in items:
                    yield from self.steps(item, env, s, after)
        elif kind == "bounded_quantification":
            sign, *bounds, body = node.parts
            envs = self._bindings(bounds, env, s)
            if sign.type == "forall":
                yield from self._all_of([(body, e) for e in envs], s, after)
            else:
                for e in envs:
                    yield from self.steps(body, e, s, after)
        elif kind == "if_then_else":
            test, then, orelse = node.parts
            chosen = then if values.true(self.value(test, s, env)) else orelse
            yield from self.steps(chosen, env, s, after)
        elif kind == "let_in":
            *definitions, body = node.parts
            inner = dict(env)
            for definition in definitions:
                name, value = self.define(definition, {})
                inner[name] = Lazy(lambda v=value, e=dict(inner): self.value(v, s, e))
            yield from self.steps(body, inner, s, after)
        elif kind in ("bound_op", "identifier_ref") and self._head(node, env) in self.operators:
            parameters, body = self.operators[self._head(node, env)]
            args = [self.value(x, s, env) for x in node.parts[1:]] if parameters else []
            yield from self.steps(body, dict(zip(parameters, args, strict=True)), s, after)
        else:
            yield from self._simple(node, env, s, after)

    def _head(self, node: Node, env: Env) -> str:
        name = (node.parts[0] if node.type == "bound_op" else node).text
        return "" if name in env else name

    def _all_of(self, items: list[tuple[Node, Env]], s: State, after: State) -> Iterator[State]:
        if not items:
            yield after
            return
        (node, env), *rest = items
        for found in self.steps(node, env, s, after):
            yield from self._all_of(rest, s if s is not after else found, found)

    def _bindings(self, bounds: Sequence[Node], env: Env, s: State) -> list[dict[str, Any]]:
        found = [dict(env)]
        for bound in bounds:
            *names, _, domain = bound.parts
            over = list(self.value(domain, s, env))
            for n in names:
                found = [{**e, n.text: x} for e in found for x in over]
        return found

    def _simple(self, node: Node, env: Env, s: State, after: State) -> Iterator[State]:
        if node.sign == "eq":
            left, _, right = node.parts
            first = s is after and left.text in self.variables
            if first or (left.type == "bound_postfix_op" and left.parts[1].type == "prime"):
                name = left.text.rstrip("'")
                yield from self._assigned(name, self.value(right, s, env), after)
                return
        if node.type == "bound_prefix_op" and node.parts[0].type == "unchanged":
            found: Iterator[State] = iter([after])
            names = re.findall(r"\w+", node.text)[1:]
            for name in names:
                found = (y for x in found for y in self._assigned(name, s[name], x))
                found = iter(list(found))
            yield from found
        elif values.true(self.value(node, s, env)):
            yield after

    def _assigned(self, name: str, value: Any, after: State) -> Iterator[State]:
        if name not in self.variables:
            raise TlaError(f"{name} is no variable")
        if name not in after:
            yield {**after, name: value}
        elif values.eq(after[name], value):
            yield after

    # ------------------------------------------------------------ states

    def initial(self) -> list[State]:
        empty: State = {}
        return self._whole(self.steps(self.operators["Init"][1], {}, empty, empty))

    def successors(self, s: State) -> list[State]:
        return self._whole(self.steps(self.operators["Next"][1], {}, s, {}))

    def _whole(self, found: Iterator[State]) -> list[State]:
        states = list(found)
        for s in states:
            if missing := set(self.variables) - set(s):
                raise TlaError(f"nothing is said of {', '.join(missing)}")
        return states

    def holds(self, name: str, s: State) -> bool:
        return values.true(self.scope["D"][name](s))

    def explore(self, most: int = 100_000, every: int = 1) -> tuple[list[int], set[str]]:
        """How many states are first reached in n steps, and the invariants that one violates.

        Invariants are looked at in one state of `every`. States outside the constraints are kept,
        and not expanded.
        """
        seen: set[tuple[Any, ...]] = set()
        violated: set[str] = set()
        counts: list[int] = []
        level = self.initial()
        while level:
            before, following = len(seen), []
            for s in level:
                key = tuple(s[v] for v in self.variables)
                if key in seen:
                    continue
                seen.add(key)
                if len(seen) % every == 0:
                    violated |= {i for i in self.invariants if not self.holds(i, s)}
                if all(self.holds(c, s) for c in self.constraints):
                    following += self.successors(s)
            if len(seen) > before:
                counts.append(len(seen) - before)
            if len(seen) > most:
                raise TlaError(f"more than {most} states")
            level = following
        return counts, violated
