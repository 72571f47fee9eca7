"""The answers to what the page asks: questions in JSON, answers in JSON, one after the other.

The page says where it is in every question, so a session remembers only what was looked at.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import msgspec

from quorate.checker.errors import InputError
from quorate.checker.loading import name_of
from quorate.checker.rendering.departures import departure_json
from quorate.checker.tracing.enabling import enabling
from quorate.checker.tracing.guards import GuardCheck, title, tried
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.digest import digest
from quorate.model.language.interpreter import Arguments, State
from quorate.traces import Trace, dumps_itf, loads_itf

from . import requests as r
from .disabled import StoppingGuard, blocked, nothing_to_take, reasons
from .expressions import GroupingExpressions
from .following import trace_of, way_of, way_on, way_through
from .near import LARGEST_RADIUS, leading_to, near_json, neighbourhood
from .quotient import classes_of, quotient_json
from .showing import properties_json, run_json, state_json, step_json
from .visits import Visits
from .walk import Walk, Way
from .whole import MOST_STATES, WholeGraph, whole_graph, whole_json

MOST_LISTED = 300
"""Of what an action cannot do in a state, so many choices of arguments are listed."""

Answer = dict[str, Any]


class PageSession:
    """One protocol that is walked; `opened` is a trace to begin with.

    Raises SizeError, InputError; StepError where `@init` is undefined.
    """

    def __init__(self, protocol: type[Protocol], sizes: Sizes, opened: Trace | None = None) -> None:
        self._sizes, self._lock, self._searching = sizes, threading.Lock(), threading.Lock()
        self._found: WholeGraph | None = None
        with sizes:
            self.walk = Walk(protocol, sizes)
            self._visits = Visits()
            self._opened = None if opened is None else self._follow(opened)
        if not self.walk.initial:
            raise InputError(f"{protocol.__name__} ({sizes}) has no initial state")
        with sizes:
            self._expressions = GroupingExpressions(self.walk)
            self._offered = self._expressions.offered()
        self.answers: dict[str, tuple[type, Callable[[Any], Answer]]] = {
            "protocol": (r.AboutProtocol, self._protocol),
            "at": (r.AtState, self._at),
            "run": (r.OfRun, self._run),
            "stopped": (r.StoppedSteps, self._stopped),
            "guards": (r.GuardsOf, self._guards),
            "enabling": (r.WhatWouldEnable, self._enabling),
            "open": (r.OpenTrace, self._open),
            "save": (r.SaveTrace, self._save),
            "coverage": (r.WhatWasSeen, self._coverage),
            "near": (r.NearStates, self._near),
            "whole": (r.AllStates, self._all),
            "expression": (r.TypedExpression, self._expression),
            "classes": (r.ClassesOfStates, self._classes),
            "way": (r.WayToState, self._way),
        }

    def answer(self, name: str, body: bytes) -> Answer:
        """The answer to a question. Raises InputError and TraceError, which are for the user."""
        if name not in self.answers:
            raise InputError(f"no such question: {name[:40]}; expected {', '.join(self.answers)}")
        kind, reply = self.answers[name]
        try:
            asked: Any = msgspec.json.decode(body, type=kind)
        except msgspec.MsgspecError as error:
            raise InputError(f"{name}: {error}") from None
        if name in ("near", "whole", "classes", "way"):
            return reply(asked)  # a long search does not keep the walk waiting
        with self._walking():
            return reply(asked)

    @contextmanager
    def _walking(self) -> Iterator[Walk]:
        """The walk, for one thread at a time, at its sizes."""
        with self._lock, self._sizes:
            yield self.walk

    @contextmanager
    def _searched(self) -> Iterator[WholeGraph]:
        """The whole graph, for one thread at a time."""
        with self._searching:
            if self._found is None:
                self._found = whole_graph(self.walk.protocol, self._sizes)
            yield self._found

    # ------------------------------------------------------------ answers

    def _protocol(self, _: r.AboutProtocol) -> Answer:
        walk = self.walk
        return {
            "name": walk.description.name,
            "source": name_of(walk.protocol),
            "doc": (walk.protocol.__doc__ or "").strip().partition("\n\n")[0],
            "sizes": dict(walk.sizes),
            "faults": dict(walk.sizes.faults),
            "digest": self._key(),
            "initial": len(walk.initial),
            "variables": [v.name for v in walk.description.variables],
            "actions": [
                {"name": a.name, "doc": _doc(walk.interpreter.actions[a.name]), "fault": a.fault}
                for a in walk.description.actions
            ],
            "temporal": [
                {"name": p.name, "kind": p.kind, "doc": p.doc} for p in walk.description.temporal
            ],
            "expressions": [{"name": name, "kind": kind} for name, kind in self._offered.items()],
            "words": self._expressions.words(),
            "largest_radius": LARGEST_RADIUS,
            "most_searched": MOST_STATES,
            "opened": self._opened,
        }

    def _at(self, asked: r.AtState) -> Answer:
        walk, way = self.walk, asked.way
        initial, moves = walk.run(way)
        states = [initial, *(m.state for m in moves)]
        state, before = states[-1], states[-2] if moves else None
        self._visits.add(walk, initial, moves)
        steps = walk.steps(state)
        actions = []
        for action in walk.interpreter.actions:
            stopping = reasons(walk, state, action)
            for guard in stopping:
                self._visits.stop(action, guard)
            guards = [{**_guard(g), "count": n} for g, n in stopping.most_common()]
            actions.append(
                {
                    "name": action,
                    "stopped": stopping.total(),
                    "guards": guards,
                    "missing": nothing_to_take(walk, state, action),
                }
            )
        return {
            "state": state_json(walk, state, before),
            "properties": properties_json(walk, state),
            "steps": [step_json(walk, n, state, s) for n, s in enumerate(steps)],
            "actions": actions,
            "rests": walk.rests(state),
            "visited": len(self._visits.states),
        }

    def _run(self, asked: r.OfRun) -> Answer:
        trace = trace_of(self.walk, tuple(asked.way))
        initial, moves = self.walk.run(asked.way)
        return run_json(self.walk, trace, [initial, *(m.state for m in moves)])

    def _stopped(self, asked: r.StoppedSteps) -> Answer:
        self._known(asked.action)
        found = blocked(self.walk, self.walk.end(asked.way), asked.action)
        listed = list(islice(found, MOST_LISTED))
        return {
            "choices": [
                {
                    "choice": b.number,
                    "title": title(asked.action, b.arguments),
                    "guard": _guard(b.guard),
                }
                for b in listed
            ],
            "more": sum(1 for _ in found),
        }

    def _guards(self, asked: r.GuardsOf) -> Answer:
        state, arguments = self._choice(asked)
        found = tried(self.walk.interpreter, state, asked.action, arguments)
        return {"guards": [_checked(g) for g in found.guards], "undefined": found.undefined}

    def _enabling(self, asked: r.WhatWouldEnable) -> Answer:
        state, arguments = self._choice(asked)
        found = enabling(self.walk.interpreter, state, asked.action, arguments, [])
        moves = found.enabled
        answer: Answer = {"states": found.states, "all": found.all_states, "way": None}
        if moves is not None:
            on = way_on(self.walk, state, [m.state for m in moves])
            answer["way"] = [*asked.way, *on]
            answer["titles"] = [title(m.action, m.arguments) for m in moves]
        return answer

    def _choice(self, asked: r.GuardsOf | r.WhatWouldEnable) -> tuple[State, Arguments]:
        """The state, and the choice of arguments, that a question is about. Raises InputError."""
        self._known(asked.action)
        state = self.walk.end(asked.way)
        choices = self.walk.interpreter.choices(state, asked.action)
        if asked.choice >= len(choices):
            raise InputError(f"{asked.action} has {len(choices)} choices here, not {asked.choice}")
        return state, choices[asked.choice]

    def _open(self, asked: r.OpenTrace) -> Answer:
        return self._follow(loads_itf(asked.text, asked.name))

    def _save(self, asked: r.SaveTrace) -> Answer:
        trace = trace_of(self.walk, tuple(asked.way))
        return {
            "name": f"{self.walk.description.name}-{len(trace.steps)}-steps.itf.json",
            "text": dumps_itf(trace).decode(),
        }

    def _coverage(self, _: r.WhatWasSeen) -> Answer:
        found = self._found
        known = found.graph.nodes if found is not None and found.found.complete else None
        return {**self._visits.json(self.walk), "all": known}

    # ------------------------------------------------------------ the state graph

    def _near(self, asked: r.NearStates) -> Answer:
        before = None
        if asked.before or self._found is not None:
            with self._searched() as whole:
                before = leading_to(whole, self._end(asked.way), asked.radius)
        with self._walking() as walk:
            found = neighbourhood(walk, asked.way, asked.radius, before)
            return near_json(walk, self._visits, asked.way, found, before)

    def _all(self, asked: r.AllStates) -> Answer:
        with self._searched() as whole:
            return whole_json(whole, self._end(asked.way))

    def _expression(self, asked: r.TypedExpression) -> Answer:
        return {"name": self._expressions.read(asked.text).text}

    def _classes(self, asked: r.ClassesOfStates) -> Answer:
        with self._walking():
            chosen = [self._expressions.read(name) for name in asked.names]
        with self._searched() as whole:
            classes_of(whole, chosen)
            here = whole.node_of(self._end(asked.way))
            with self._walking():
                return quotient_json(whole, chosen, here, self._expressions.told)

    def _way(self, asked: r.WayToState) -> Answer:
        with self._searched() as whole:
            states = whole.path_to(asked.state)
        with self._walking() as walk:
            return {"way": list(way_through(walk, states))}

    def _end(self, way: list[int]) -> State:
        with self._walking() as walk:
            return walk.end(way)

    # ------------------------------------------------------------ helpers

    def _key(self) -> str:
        """What a link must agree on to mean the same run: the protocol and its sizes."""
        numbers = (*self.walk.sizes.items(), *self.walk.sizes.faults.items())
        return "-".join([digest(self.walk.description)[:12], *(f"{n}{k}" for n, k in numbers)])

    def _known(self, action: str) -> None:
        if action not in self.walk.interpreter.actions:
            raise InputError(f"{self.walk.description.name} has no action {action[:40]}")

    def _follow(self, trace: Trace) -> Answer:
        """A trace as a way, and what it says of itself."""
        way: Way = way_of(self.walk, trace)
        verdict = trace.verdict()
        violated = trace.violation and trace.violation.property.partition("(")[0]
        return {
            "way": list(way),
            "verdict": verdict and {"what": verdict[0], "how": verdict[1], "property": violated},
            "loop": trace.loop,
            "repeats": trace.repeats(),
            "notes": list(trace.notes),
            "departure": trace.departure and departure_json(trace.departure),
        }


def _guard(guard: StoppingGuard) -> Answer:
    return {"held": False, "text": guard.text, "file": guard.file, "line": guard.line}


def _checked(guard: GuardCheck) -> Answer:
    file, line = guard.place or (None, None)
    text = guard.text
    if text.startswith("require("):  # as where it is the first to fail
        text = text.removeprefix("require(").removesuffix(")")
    shown = {"held": guard.held, "text": text, "file": file, "line": line}
    return {**shown, "missing": guard.why}


def _doc(method: Any) -> str:
    return " ".join((method.__doc__ or "").split())
