"""An action with conditional effects as several actions without: one for each way its tests go.

Where a test has quantifiers inside, the state after the step would be a term by cases wherever it
is asked for; decided once, it is a term.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import TRUE, negation
from quorate.model.language.ir.traverse import walk

MOST_TESTS = 3  # decided beforehand


def branches(action: c.Action) -> Iterator[c.Action]:
    """The action for each outcome of its tests with quantifiers; together they are the action."""
    tests = list(dict.fromkeys(e.when for e in action.effects if not e.binders and _asks(e.when)))
    for outcomes in itertools.product((True, False), repeat=len(tests[:MOST_TESTS])):
        decided = dict(zip(tests, outcomes, strict=False))
        guards = [c.Guard(condition=t if yes else negation(t)) for t, yes in decided.items()]
        effects = [
            replace(e, when=TRUE) if decided.get(e.when, False) else e
            for e in action.effects
            if decided.get(e.when, True)
        ]
        yield replace(action, guards=(*action.guards, *guards), effects=tuple(effects))


def _asks(e: c.Expr) -> bool:
    return any(isinstance(n, c.Quant) for n in walk(e))
