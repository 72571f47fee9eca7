"""The format of a log that is written in the model's own terms.

A line names a step, values after it, or both: `{"event": "phase1b", "a": "a0", "b": "b1"}`,
`{"max_bal[a0]": "b1"}`, `{"node": "a0", "max_bal": "b1"}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quorate._spelling import instead
from quorate.checker.conform.adapter import Setting
from quorate.model.language.declare.types import MapType, SortType

from .line import Says, Unreadable
from .terms import ModelTerms

WORDS = {
    "event": "the action that was taken, null for none",
    "args": "its arguments, where their names are those of variables too",
    "node": "the process that the line is of",
    "send": "messages that were sent",
    "receive": "messages that had been sent before",
    "holds": "predicates that are true",
    "clock": "a vector clock",
    "crash": "the process that crashed",
}
"""The words of a line that are no names of the model; a variable of that name comes first."""


class ModelLog:
    """Reads lines in the model's terms; keys named in `ignored` are left out."""

    def __init__(self, terms: ModelTerms, ignored: Iterable[str] = ()) -> None:
        self.terms, self.ignored = terms, frozenset(ignored)
        description = terms.description
        self.variables = {v.name: v.type for v in description.variables}
        self.parameters = {a.name: [p.var.name for p in a.parameters] for a in description.actions}
        self.words = [w for w in WORDS if w not in self.variables]

    def start(self, setting: Setting, lines: Iterable[Mapping[str, Any]]) -> None:
        """Nothing to get ready but the names of the elements."""
        self.elements = setting.elements

    def read(self, line: Mapping[str, Any]) -> Says | None:
        """What a line says; None where all of it is ignored. Raises Unreadable."""
        fields = {k: v for k, v in line.items() if k not in self.ignored}
        if not fields:
            return None
        words = {w: fields.pop(w) for w in self.words if w in fields}
        node = self._text(words, "node")
        crash = self._text(words, "crash")
        event = self._text(words, "event")
        for name in filter(None, (node, crash)):
            self.terms.process(name)
        args = self._arguments(event, words, fields)
        values = {name: self._of(node, name, value) for name, value in fields.items()}
        idle = "event" in words and event is None
        mute = event is None and not values
        return Says(
            events=[(event, args)] if event is not None else [] if mute or idle else None,
            values=values,
            received=self._many(words, "receive"),
            sent=self._many(words, "send"),
            holds=self._holds(words.get("holds", {})),
            node=node,
            clock=self._clock(words),
            crash=crash,
        )

    def _text(self, words: Mapping[str, Any], word: str) -> str | None:
        found = words.get(word)
        if found is not None and not isinstance(found, str):
            raise Unreadable(f"{word}: found {found!r}, expected {WORDS[word]} by its name")
        return found

    def _arguments(
        self, event: str | None, words: Mapping[str, Any], fields: dict[str, Any]
    ) -> Mapping[str, Any]:
        """The arguments of the event, taken out of the fields."""
        given = words.get("args", {})
        if not isinstance(given, dict) or ("args" in words and event is None):
            raise Unreadable("args: expected an object of the arguments of an event")
        if event is not None and event not in self.parameters:
            raise Unreadable(
                f"found the event {event}, which {self.terms.lacks(event, self.parameters)}"
            )
        if event is None or "args" in words:
            return given
        names = [n for n in self.parameters[event] if n in fields]
        for name in names:
            if name in self.variables:
                both = f"{name} is an argument of {event} and a variable"
                raise Unreadable(f'{both}: give the arguments as "args": {{…}}')
        return {n: fields.pop(n) for n in names}

    def _of(self, node: str | None, name: str, value: Any) -> Any:
        """The value of a variable; of one that is keyed by the node, the node's part."""
        t = self.variables.get(name)
        if node is None or not isinstance(t, MapType):
            if t is None and "[" not in name:
                known = [*self.variables, *self.words]
                hint = instead(name, known, "expected one of")
                raise Unreadable(f"found the key {name}; {hint}")
            return value
        first = t.keys[0]
        if not isinstance(first, SortType) or node not in self.elements[first.sort.__name__]:
            return value
        if len(t.keys) == 1:
            return {node: value}
        if not isinstance(value, dict):
            rest = ", ".join(map(str, t.keys[1:]))
            raise Unreadable(f"{name}: expected an object by {rest} of what {node} has")
        return {f"{node},{key}": part for key, part in value.items()}

    def _many(self, words: Mapping[str, Any], word: str) -> list[Any]:
        found = words.get(word, [])
        return found if isinstance(found, list) else [found]

    def _holds(self, found: Any) -> list[tuple[str, Mapping[str, Any]]]:
        if not isinstance(found, dict) or not all(isinstance(a, dict) for a in found.values()):
            raise Unreadable('holds: expected {"predicate": {"argument": value, …}, …}')
        return list(found.items())

    def _clock(self, words: Mapping[str, Any]) -> Mapping[str, int] | None:
        clock = words.get("clock")
        if clock is None:
            return None
        right = isinstance(clock, dict) and all(type(n) is int and n >= 0 for n in clock.values())
        if not right:
            raise Unreadable("clock: expected an object of counts by node")
        if words.get("node") is None:
            raise Unreadable("found a clock without a node, expected to be told whose it is")
        return clock  # type: ignore[no-any-return]
