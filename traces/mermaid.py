"""A trace as a Mermaid sequence diagram, for Markdown and issue trackers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .trace import NOBODY, Step, Trace
from .values import show

# `#` starts an entity and `;` ends a statement, `%%` is a comment, and `<` is HTML.
_SPECIAL = {character: f"#{ord(character)};" for character in "#;<>%"}
# A label with the word `end` in it closes a block that nobody opened.
_END = re.compile(r"\b(e)(n)(d)\b", re.IGNORECASE)


def render_mermaid(trace: Trace) -> str:
    """The source of the diagram; a message that nobody receives ends in a cross."""
    trace = trace.drawn()
    # Numbered, because a process may be called anything and `end` is no name to Mermaid.
    ids = {name: f"p{index}" for index, name in enumerate(trace.columns())}
    lines = ["sequenceDiagram"]
    lines += [f"    participant {ids[name]} as {_escaped(name)}" for name in ids]
    for number, _ in trace.numbered():
        lines += (f"    {line}" for line in _step(trace, number, ids))
    lines += (f"    {line}" for line in _verdict(trace, list(ids.values())))
    return "".join(f"{line}\n" for line in lines)


def _step(trace: Trace, number: int, ids: dict[str, str]) -> Iterator[str]:
    step = trace.steps[number - 1]
    here = ids[_name(step)]
    for received in step.received:
        if received.step:  # What was there from the start was sent by nobody.
            sender = ids[_name(trace.steps[received.step - 1])]
            yield f"{sender}->>{here}: {_escaped(show(received.message))}"
    mark = "✗ " if trace.is_undefined(number) else ""
    yield f"Note over {here}: {number} {mark}{_escaped(step.title(names=False))}"
    for message in trace.sent(number):
        if not trace.is_received(number, message):
            yield f"{here}-x{here}: {_escaped(show(message))}"


def _name(step: Step) -> str:
    return NOBODY if step.node is None else step.node


def _verdict(trace: Trace, ids: list[str]) -> Iterator[str]:
    across = ids[0] if len(ids) == 1 else f"{ids[0]},{ids[-1]}"
    if (repeats := trace.repeats()) is not None:
        yield f"Note over {across}: {_escaped(repeats)}"
    if (verdict := trace.verdict()) is None:
        return
    what, how = verdict
    text = f"✗ {what}" + (f": {how}" if how else "")
    yield f"Note over {across}: {_escaped(text)}"


def _escaped(text: str) -> str:
    replaced = "".join(_SPECIAL.get(character, character) for character in text)
    safe = _END.sub(lambda word: f"{word[1]}#{ord(word[2])};{word[3]}", replaced)
    return "<br/>".join(safe.splitlines()) or " "
