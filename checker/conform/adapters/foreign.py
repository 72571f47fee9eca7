"""An adapter in any language: a command that speaks JSON lines, in Maelstrom's envelope.

A request is `{"src": "quorate", "dest": "adapter", "body": {"type": ..., "msg_id": ..., ...}}`. The
answer is one line whose body has this number as `in_reply_to`. It also shows the state, so that a
step is one exchange.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from quorate.checker.conform.adapter import AdapterError, Chose, Refusal, Setting, Unrealisable
from quorate.checker.conform.network import network_of
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.types import MessagesType, Type
from quorate.model.language.description import describe
from quorate.traces import Value

from .answers import Answer
from .calls import METHODS
from .child_process import WithChild
from .json_values import TAG, JsonValueError, brief, parsed, read, written
from .lines import LinesError, LinesProcess, shown
from .process import LOAD_TIMEOUT_S, STEP_TIMEOUT_S

PREFIX = "exec:"
"""What an adapter's name begins with where the rest is a command."""

OFFERS = ("probe", "snapshot")
"""What an adapter may offer besides."""

US, THEM = "quorate", "adapter"

Call = tuple[str, Mapping[str, Value]]
T = TypeVar("T")


class ForeignCopy(NamedTuple):
    """What the adapter calls a copy, and what it showed then."""

    name: Any
    seen: Mapping[str, Value]


class ForeignAdapter(WithChild):
    """The adapter that a command runs. Use it with `with`. Methods may raise AdapterError."""

    def __init__(
        self, name: str, model: type[Protocol], step_timeout: float = STEP_TIMEOUT_S
    ) -> None:
        self.name, self.step_timeout = name, step_timeout
        self.places = dict.fromkeys(METHODS, name)
        description = describe(model)
        self._types = {v.name: v.type for v in description.variables}
        self._arguments = {
            (a.name, p.var.name): p.var.type for a in description.actions for p in a.parameters
        }
        network = network_of(model)
        self._messages = MessagesType(()) if network is None else network.type
        self._seen: Mapping[str, Value] = {}
        self._number = 0
        try:
            command = shlex.split(name.removeprefix(PREFIX))
        except ValueError as error:
            raise AdapterError(f"{name}: {error}") from None
        if not command:
            raise AdapterError(f"{name}: no command; expected {PREFIX}COMMAND ARGUMENTS")
        try:
            self._lines = LinesProcess(command)
        except OSError as error:
            raise AdapterError(f"{name}: cannot be started: {error}") from None

    def _begin(self) -> None:
        said = {"node_id": THEM, "node_ids": [THEM]}
        offers = self._asked("init", said, LOAD_TIMEOUT_S).get("offers", [])
        if not isinstance(offers, list) or any(o not in OFFERS for o in offers):
            raise self._wrong("init", f"offers {brief(offers)}, expected some of {OFFERS}")
        self._offers = frozenset(offers)

    def _finish(self) -> None:
        try:
            self._lines.expect_silence()
        except LinesError as found:
            raise AdapterError(f"{self.name} {found}") from None

    def _end(self) -> None:
        self._lines.end()

    # ------------------------------------------------------------ as a subject

    def start(self, setting: Setting) -> Answer:
        """Set the adapter up, and look."""
        said = {
            "protocol": setting.protocol,
            "sizes": dict(setting.sizes),
            "faults": dict(setting.faults),
            "processes": list(setting.processes),
            "elements": {s: [written(e) for e in of] for s, of in setting.elements.items()},
            "messages": setting.messages,
            "initial": {name: written(value) for name, value in setting.initial.items()},
        }
        body = self._asked("start", said)
        return self._seeing(Answer(self._state("start", body)))

    def step(self, action: str, args: Mapping[str, Value]) -> Answer:
        """Do one step, and look."""
        body = self._asked("perform", _call(action, args), self.step_timeout, *_INSTEAD)
        return self._seeing(self._answer("perform", action, body))

    def probe(self, calls: Sequence[Call]) -> Iterator[Answer]:
        """Try steps: in one exchange where that is offered, which ends at one that does something.

        Otherwise one after the other, as they are asked for.
        """
        if "probe" not in self._offers:
            return (self.step(*call) for call in calls)
        limit = self.step_timeout * len(calls)
        body = self._asked("probe", {"calls": [_call(*call) for call in calls]}, limit)
        answers = body.get("answers")
        if not isinstance(answers, list) or not 0 < len(answers) <= len(calls):
            found = f"{len(answers)} answers" if isinstance(answers, list) else brief(answers)
            raise self._wrong("probe", f"answers {len(calls)} calls by {found}")
        return iter(self._probed(calls, answers))

    def snapshot(self) -> ForeignCopy | None:
        """A copy, as the adapter calls it; None if it makes none."""
        if "snapshot" not in self._offers:
            return None
        body = self._asked("snapshot", {})
        if "snapshot" not in body:
            raise self._wrong("snapshot", f'has no "snapshot": {brief(body)}')
        return ForeignCopy(body["snapshot"], self._seen)

    def restore(self, snapshot: ForeignCopy) -> None:
        """Put a copy back."""
        self._asked("restore", {"snapshot": snapshot.name})
        self._seen = snapshot.seen

    def value(self, variable: str, shown: Any) -> Value:
        """What is shown was read already."""
        value: Value = shown
        return value

    # ------------------------------------------------------------ as an adapter

    def perform(self, action: str, args: Mapping[str, Value]) -> Any:
        """Do one step; the messages sent. Raises Refusal, Unrealisable."""
        answer = self.step(action, args)
        if answer.refused is not None:
            raise Refusal(answer.refused)
        if answer.skipped is not None:
            raise Unrealisable(answer.skipped)
        return Chose(answer.sent, **dict(answer.chosen)) if answer.chosen else answer.sent  # type: ignore[arg-type]

    def observe(self) -> Mapping[str, Value]:
        """The variables that the last answer showed."""
        return self._seen

    # ------------------------------------------------------------ answers

    def _seeing(self, answer: Answer) -> Answer:
        self._seen = answer.seen
        return answer

    def _probed(self, calls: Sequence[Call], bodies: Sequence[Any]) -> list[Answer]:
        answers: list[Answer] = []
        for (action, _), body in zip(calls, bodies, strict=False):
            if answers and self._did_something(answers[-1]):
                raise self._wrong("probe", "goes on after a call that did something")
            if not isinstance(body, dict) or body.get(TAG) not in ("perform_ok", *_INSTEAD):
                raise self._wrong("probe", f"has the answer {brief(body)}")
            if answers:
                self._seen = answers[-1].seen
            answers.append(self._answer("probe", action, body))
        if len(answers) < len(calls) and not self._did_something(answers[-1]):
            raise self._wrong("probe", f"ends after {len(answers)} calls that did nothing")
        self._seen = answers[-1].seen
        return answers

    def _did_something(self, answer: Answer) -> bool:
        return bool(answer.sent or answer.chosen or answer.seen != self._seen)

    def _answer(self, asked: str, action: str, body: Mapping[str, Any]) -> Answer:
        seen = self._state(asked, body)
        if body[TAG] in _INSTEAD:
            if not isinstance(text := body.get("text"), str):
                raise self._wrong(asked, f'{body[TAG]} has no "text": {brief(body)}')
            text = text or body[TAG]
            refused = body[TAG] == "refused"
            return Answer(seen, refused=text) if refused else Answer(seen, skipped=text)
        sent, chose = body.get("sent", []), body.get("chose", {})
        if not isinstance(sent, list):
            raise self._wrong(asked, f'"sent" is {brief(sent)}, expected an array of messages')
        if not isinstance(chose, dict):
            raise self._wrong(asked, f'"chose" is {brief(chose)}, expected arguments by name')
        if unknown := [name for name in chose if (action, name) not in self._arguments]:
            raise self._wrong(asked, f"chose {', '.join(unknown)}, which {action} does not have")
        messages = self._reading(asked, "sent", lambda: read(sent, self._messages))
        assert isinstance(messages, frozenset)
        chosen = tuple(
            (name, self._read(asked, f"chose.{name}", x, self._arguments.get((action, name))))
            for name, x in chose.items()
        )
        return Answer(seen, messages, chosen=chosen)

    def _state(self, asked: str, body: Mapping[str, Any]) -> dict[str, Value]:
        state = body.get("state")
        if not isinstance(state, dict):
            raise self._wrong(asked, f'"state" is {brief(state)}, expected the variables by name')
        return {n: self._read(asked, f"state.{n}", x, self._types.get(n)) for n, x in state.items()}

    def _read(self, asked: str, place: str, found: Any, t: Type | None) -> Value:
        return self._reading(asked, place, lambda: read(found, t))

    def _reading(self, asked: str, place: str, reading: Callable[[], T]) -> T:
        try:
            return reading()
        except JsonValueError as error:
            raise self._wrong(asked, f"{place}: {error}") from None

    def _wrong(self, asked: str, found: str) -> AdapterError:
        return AdapterError(f"the answer of {self.name} to {asked}: {found}")

    # ------------------------------------------------------------ asking

    def _asked(
        self, kind: str, said: Mapping[str, Any], limit: float | None = None, *instead: str
    ) -> dict[str, Any]:
        """The body that answers; `instead` are the types that may come instead of the usual one."""
        self._number += 1
        body = {TAG: kind, "msg_id": self._number, **said}
        question = json.dumps({"src": US, "dest": THEM, "body": body}).encode()
        try:
            line = self._lines.ask(question, self.step_timeout if limit is None else limit)
        except LinesError as error:
            hint = " (--step-timeout)" if error.late and kind != "init" else ""
            raise AdapterError(f"asked to {kind}, {self.name} {error}{hint}") from None
        return self._body(kind, line, (f"{kind}_ok", *instead))

    def _body(self, kind: str, line: bytes, types: tuple[str, ...]) -> dict[str, Any]:
        try:
            envelope = parsed(line)
        except JsonValueError as error:
            raise self._wrong(kind, f"{shown(line)} is no JSON: {error}") from None
        body = envelope.get("body") if isinstance(envelope, dict) else None
        if not isinstance(body, dict):
            raise self._wrong(kind, f'{shown(line)} has no "body"')
        if body.get("in_reply_to") != self._number:
            found = f'"in_reply_to": {brief(body.get("in_reply_to"))}'
            raise self._wrong(kind, f"{found}, expected {self._number}: {shown(line)}")
        if body.get(TAG) == "error":
            raise AdapterError(f"asked to {kind}, {self.name} fails: {body.get('text', '')}")
        if body.get(TAG) not in types:
            found = f'"{TAG}": {brief(body.get(TAG))}'
            raise self._wrong(kind, f"{found}, expected {' or '.join(types)}: {shown(line)}")
        return body


_INSTEAD = ("refused", "skipped")
"""What may answer a step: the fields of Answer."""


def _call(action: str, args: Mapping[str, Value]) -> dict[str, Any]:
    return {"action": action, "args": {name: written(value) for name, value in args.items()}}
