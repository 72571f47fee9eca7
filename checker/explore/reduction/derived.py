"""Derived variables: cells that follow from the messages sent; guessed, tested on runs, proved.

The guesses (ground/derived.py) are proved by induction: they hold initially, and from any state
where all of them hold, reachable or not, every step leads to a state where they hold. Guessed cells
have no bits, so such a state is any assignment of the other cells. Z3 looks for a step that writes
another value to a guessed cell than the one that follows.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from quorate.checker.explore.codegen.cache import SOURCES, keep, kept, name_of
from quorate.checker.ground.dependency import Dependency
from quorate.checker.ground.first_states import initial_states
from quorate.checker.ground.guesses import candidates
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.packing import Packing
from quorate.checker.lazily import lazily
from quorate.model.language import StepError
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import MessagesType
from quorate.model.language.digest import digest, stable_text
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.language.ir import core as c
from quorate.model.language.ir.constraints import unconstrained

if TYPE_CHECKING:
    from . import derived_proof
else:
    derived_proof = lazily("quorate.checker.explore.reduction.derived_proof")  # it takes Z3

WALKS, STEPS = 6, 60  # runs at random, on which guesses are tried
MOST_TRIED = 5_000  # steps looked at for them
MOST_WORK = 1 << 18  # how often a message is looked at to write the formulas of one guess

Guesses = dict[Any, list[Dependency]]


def dependencies(description: c.Description, sizes: Sizes) -> tuple[Dependency, ...]:
    """The derived cells, if a state has fewer words without them; call it inside `sizes`.

    They follow outside a constraint of the search, too. The result is cached next to the compiled
    kernels.
    """
    description = unconstrained(description)
    whole = Layout(description, sizes)
    guesses = {
        target: some
        for target, alternatives in candidates(description).items()
        if (some := [d for d in alternatives if _work(whole, d) <= MOST_WORK])
    }
    if not guesses or not _pays(whole, [some[0] for some in guesses.values()]):
        return ()
    name = _name(description, sizes)
    found = _remembered(name, guesses)
    if found is None:
        try:
            found = proved(description, sizes, guesses)
        except ModuleNotFoundError:  # without Z3 nothing is proved
            return ()
        _remember(name, guesses, found)
    return found if _pays(whole, found) else ()


def _pays(whole: Layout, found: Iterable[Dependency]) -> bool:
    """Whether a state takes fewer words without these cells."""
    return Layout(whole.description, whole.sizes, tuple(found)).words < whole.words


def _work(whole: Layout, d: Dependency) -> int:
    cells = (
        whole.parts[d.variable][0].count
        if d.reported is None
        else whole.messages[d.messages, d.reported].keys
    )
    columns = [whole.messages[d.messages, s.record] for s in d.sources]
    return cells * sum(m.keys * m.payloads for m in columns)


def proved(description: c.Description, sizes: Sizes, guesses: Guesses) -> tuple[Dependency, ...]:
    """For each target, the first guess that agrees with the runs, if it is proved."""
    left = {target: list(some) for target, some in guesses.items()}
    states = list(_some_states(description, sizes))
    while left:
        guessed = tuple(some[0] for some in left.values())
        wrong = _refuted(Layout(description, sizes, guessed), states)
        if not wrong:
            wrong = derived_proof.unproved(description, sizes, guessed)
            if not wrong:
                return guessed
        for d in wrong:
            left[d.target] = left[d.target][1:]
        left = {target: some for target, some in left.items() if some}
    return ()


# ---------------------------------------------------------------- tried on runs


def _some_states(description: c.Description, sizes: Sizes) -> Iterator[State]:
    """Initial states, and those on a few runs at random."""
    interpreter = Interpreter(description.protocol, sizes)
    chance, left = random.Random(0), MOST_TRIED
    initial = initial_states(description.protocol, sizes)
    yield from initial[:: 1 + len(initial) // MOST_TRIED]
    for _ in range(WALKS if initial else 0):
        state = chance.choice(initial)
        for _ in range(STEPS):
            try:
                after = {s for _, _, s in interpreter.successors(state)} - {state}
            except StepError:
                break
            left -= len(after)
            if not after or left < 0:
                break
            state = chance.choice(sorted(after, key=repr))
            yield state


def _refuted(layout: Layout, states: list[State]) -> list[Dependency]:
    """The guesses that are wrong in some state; of reports first, since others may follow them."""
    packing = Packing(layout)
    wrong: set[Any] = set()
    for state in states:
        again = packing.unpack(packing.pack(state))
        if again != state:
            wrong |= _different(layout, state, again)
    found = [d for d in layout.determined if d.target in wrong]
    return [d for d in found if d.reported is not None] or found


def _different(layout: Layout, state: State, again: State) -> set[Any]:
    found: set[Any] = set()
    for v, old, new in zip(layout.description.variables, state, again, strict=False):
        if isinstance(v.type, MessagesType):
            found |= {type(message) for message in old ^ new}
        elif old != new:
            found.add(v.name)
    return found


# ---------------------------------------------------------------- remembered


def _name(description: c.Description, sizes: Sizes) -> str:
    """The name of the answer: by what the actions mean, the sizes, and how guesses are made."""
    model = digest(replace(description, properties=()))
    return f"dependencies/{name_of(SOURCES, model, stable_text(sizes.elements), str(sizes))}.json"


def _remembered(name: str, guesses: Guesses) -> tuple[Dependency, ...] | None:
    try:
        pairs = zip(guesses.values(), json.loads(kept(name) or b""), strict=True)
        return tuple(some[k] for some, k in pairs if k is not None)
    except (ValueError, LookupError, TypeError):
        return None


def _remember(name: str, guesses: Guesses, found: tuple[Dependency, ...]) -> None:
    numbers = [next((k for k, d in enumerate(s) if d in found), None) for s in guesses.values()]
    keep(name, json.dumps(numbers).encode())
