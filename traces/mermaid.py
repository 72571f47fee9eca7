"""A trace as a Mermaid sequence diagram, for Markdown and issue trackers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .trace import NOBODY, Step, Trace
from .values import show

LARGEST = 50_000
"""Characters; Mermaid itself draws nothing of a longer text (its `maxTextSize`)."""

# `#` starts an entity and `;` ends a statement, `%%` is a comment, and `<` is HTML.
_SPECIAL = {character: f"#{ord(character)};" for character in "#;<>%"}
# A label with the word `end` in it closes a block that nobody opened.
_END = re.compile(r"\b(e)(n)(d)\b", re.IGNORECASE)


def render_mermaid(trace: Trace, largest: int = LARGEST) -> str:
    """The source of the diagram, of at most `largest` characters if its names are not absurd.

    Processes are participants, messages arrows, and steps notes with what they change. A message
    that nobody receives ends in a cross; what repeats for ever is in a loop. Where that is too
    long, changes are left out, and then the first steps; a note says so.
    """
    drawn = trace.drawn()
    full = _Diagram(drawn, changes=True).source(1)
    if len(full) <= largest:
        return full
    brief, first, beyond = _Diagram(drawn, changes=False), 1, len(drawn.steps) + 1
    if len(text := brief.source(first)) <= largest:
        return text
    while beyond - first > 1:  # The later the first step that is shown, the shorter the text.
        middle = (first + beyond) // 2
        if len(brief.source(middle)) <= largest:
            beyond = middle
        else:
            first = middle
    return brief.source(beyond)


@dataclass
class _Diagram:
    trace: Trace
    changes: bool

    def __post_init__(self) -> None:
        # Numbered, because a process may be called anything and `end` is no name to Mermaid.
        self.ids = {name: f"p{index}" for index, name in enumerate(self.trace.columns())}
        everybody = list(self.ids.values())
        self.across = ",".join(dict.fromkeys((everybody[0], everybody[-1])))
        self.heard = {
            (received.step, received.message)
            for step in self.trace.steps
            for received in step.received
        }

    def source(self, first: int) -> str:
        """The text from step `first` on."""
        lines = [f"participant {self.ids[name]} as {_escaped(name)}" for name in self.ids]
        lines += self._left_out(first)
        for number in range(first, len(self.trace.steps) + 1):
            if self.trace.is_repeated(number) and number in (first, (self.trace.loop or 0) + 1):
                lines.append("loop for ever")
            indent = "    " * self.trace.is_repeated(number)
            lines += (f"{indent}{line}" for line in self._step(number))
        lines += self._ending(first)
        return "".join(f"{line}\n" for line in ("sequenceDiagram", *(f"    {li}" for li in lines)))

    def _left_out(self, first: int) -> Iterator[str]:
        if first > 1:
            which = "step 1 is" if first == 2 else f"steps 1 to {first - 1:,} are"
            yield f"Note over {self.across}: {which} left out: the diagram would be too large"

    def _step(self, number: int) -> Iterator[str]:
        step = self.trace.steps[number - 1]
        here = self._id(step)
        for received in step.received:
            if received.step:  # What was there from the start was sent by nobody.
                sender = self._id(self.trace.steps[received.step - 1])
                yield f"{sender}->>{here}: {_escaped(show(received.message))}"
        yield f"Note over {here}: {'<br/>'.join(self._note(number, step))}"
        for message in self.trace.sent(number):
            if (number, message) not in self.heard:
                yield f"{here}-x{here}: {_escaped(show(message))}"

    def _note(self, number: int, step: Step) -> Iterator[str]:
        mark = "✗ " if self.trace.is_undefined(number) else ""
        yield f"{number} {mark}{_escaped(step.title(names=False))}"
        if self.changes:
            yield from (_escaped(str(change)) for change in self.trace.changes(number))

    def _id(self, step: Step) -> str:
        return self.ids[NOBODY if step.node is None else step.node]

    def _ending(self, first: int) -> Iterator[str]:
        steps = len(self.trace.steps)
        if first <= steps and self.trace.is_repeated(steps):
            yield "end"
        if (repeats := self.trace.repeats()) is not None:
            yield f"Note over {self.across}: {_escaped(repeats)}"
        if (verdict := self.trace.verdict()) is not None:
            what, how = verdict
            yield f"Note over {self.across}: {_escaped(f'✗ {what}' + (f': {how}' if how else ''))}"


def _escaped(text: str) -> str:
    """`text` as a label: one line, and nothing in it that means something to Mermaid."""
    lines = ("".join(map(_character, line)) for line in text.splitlines())
    safe = _END.sub(lambda word: f"{word[1]}#{ord(word[2])};{word[3]}", "<br/>".join(lines))
    return safe or " "


def _character(character: str) -> str:
    if not character.isprintable():
        return repr(character)[1:-1]
    return _SPECIAL.get(character, character)
