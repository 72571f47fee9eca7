"""A log for ShiViz: https://bestchai.bitbucket.io/shiviz. Each event is two lines.

The first is the host with its vector clock, the second the line of the log, with the model's steps.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterable

from .outcome import LogStep, Validation

PATTERN = r"(?<host>\S*) (?<clock>{.*})\n(?<event>.*)"
"""The regular expression to give to ShiViz; it is its default."""

Clock = dict[str, int]


def shiviz(found: Validation) -> str:
    """The lines that are explained, in the order of the run, and the first that is not."""
    written = [_event(host, clock, _text(step)) for host, clock, step in _clocked(found.run)]
    if found.failure is not None:
        place = found.failure.place
        written.append(_event("unexplained", {"unexplained": 1}, f"{place}: {found.failure.text}"))
    return "".join(written)


def _text(step: LogStep) -> str:
    return f"{' · '.join(step.steps)} {step.text}" if step.steps else step.text


def _event(host: str, clock: Clock, text: str) -> str:
    return f"{host} {json.dumps(clock)}\n{' '.join(text.split())}\n"


def _clocked(run: Iterable[LogStep]) -> Iterable[tuple[str, Clock, LogStep]]:
    """Each line's host and clock: counted here, from what is sent and taken, or the log's own."""
    latest: dict[str, Clock] = {}
    sent: dict[Hashable, Clock] = {}
    events: dict[tuple[str, int], Clock] = {}
    for step in run:
        host = re.sub(r"\s", "_", step.node or step.place.file.rpartition("/")[2])
        clock = dict(latest.get(host, {}))
        said = step.said
        known = [sent[name] for name in (said.takes if said else ()) if name in sent]
        for node, count in (said.clock or {}).items() if said else ():
            known += [events[node, count]] if (node, count) in events else []
        for other in known:
            for node, count in other.items():
                clock[node] = max(count, clock.get(node, 0))
        clock[host] = clock.get(host, 0) + 1
        latest[host] = clock
        if said is not None:
            for name in said.sends:
                sent.setdefault(name, clock)
            if said.clock is not None:
                events[host, said.clock.get(host, 0)] = clock
        yield host, clock, step
