"""Exported modules against the classes: what Init and Next of the text lead to."""

from __future__ import annotations

from quorate.checker.export.tla import export
from quorate.model.language import Protocol, Sizes
from quorate.model.language.interpreter import Interpreter

from ..tla.interpreter import Spec


def spec_of(protocol: type[Protocol], sizes: Sizes) -> Spec:
    found = export(protocol, sizes)
    assert found.configuration is not None
    return Spec(found.module, found.configuration)


def reference(
    protocol: type[Protocol], sizes: Sizes, most: int
) -> tuple[list[int], set[str]] | None:
    """What CPython finds, None if there are more states than `most`."""
    seen, counts, violated = set(), [], set()
    with sizes:
        interpreter = Interpreter(protocol, sizes)
        level = interpreter.initial()
        while level:
            before, following = len(seen), []
            for state in level:
                if state in seen:
                    continue
                seen.add(state)
                names = protocol.methods("invariant")
                violated |= {name for name in names if not interpreter.holds(name, state)}
                if interpreter.within(state):
                    following += [after for _, _, after in interpreter.successors(state)]
                if len(seen) > most:
                    return None
            if len(seen) > before:
                counts.append(len(seen) - before)
            level = following
    return counts, violated
