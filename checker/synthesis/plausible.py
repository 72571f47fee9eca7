"""Which suggestions are worth a proof: those that hold in all states reached, the simplest first.

Lemmas are compared on many states close to reachable ones. Two lemmas that are false in the same
states are taken for equivalent, and one that is false in none for trivial.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quorate.model.language import ModelError
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.description import describe
from quorate.model.language.ir import core as c

from .arrays import UncoveredError
from .batch import Batch
from .candidates import CandidateLemma
from .grammar import CandidateGrammar
from .instance import SampledInstance
from .search import ClauseLearner, false_in, pieces, sample
from .source import method, with_invariants

TOLD_APART = 2  # instances where lemmas are told apart
NEARBY = 2000  # states there, near to states reached
FEW, MORE = 300, 2500  # states of an instance that lemmas are tried on: first, and in the end


def plausible(
    protocol: type[Protocol], learner: ClauseLearner, lemmas: Sequence[CandidateLemma]
) -> list[CandidateLemma]:
    """The plausible suggestions, in their order."""
    random = np.random.default_rng(0)
    views = [_View(i, k < TOLD_APART, random) for k, i in enumerate(learner.instances)]
    found: dict[bytes, CandidateLemma] = {}
    for lemma in lemmas:
        learner.tick()
        learner.tried += 1
        said = _said(views, lemma.body)
        if said is None:
            learner.refuted += 1
        elif any(said) and (said not in found or lemma.cost < found[said].cost):
            found[said] = lemma
    kept = set(map(id, found.values()))
    return writable(protocol, learner.grammar, [x for x in lemmas if id(x) in kept])


class _View:
    """Of one instance a few states reached, more of them, and some near to these."""

    def __init__(self, instance: SampledInstance, apart: bool, random: np.random.Generator) -> None:
        states = instance.states
        self.sizes = instance.sizes
        with instance.sizes:
            self.few = pieces(instance, states[random.permutation(len(states))[:FEW]])
            self.more = pieces(instance, sample(states, MORE))
            near = states[random.integers(0, len(states), NEARBY if apart else 0)]
            self.near = pieces(instance, instance.disturbed(near, random))

    def holds(self, batches: Sequence[Batch], body: c.Quant) -> bool:
        with self.sizes:
            return not len(false_in(batches, body))

    def said(self, body: c.Quant) -> bytes:
        """In which of the states nearby it is false."""
        with self.sizes:
            false = np.zeros(sum(len(b.states) for b in self.near), np.bool_)
            false[false_in(self.near, body)] = True
        return np.packbits(false).tobytes()


def _said(views: Sequence[_View], body: c.Quant) -> bytes | None:
    """In which of the states nearby it is false; None where it is false in a state reached."""
    try:
        if all(v.holds(v.few, body) for v in views):
            said = b"".join(v.said(body) for v in views)
            if all(v.holds(v.more, body) for v in views):
                return said
    except UncoveredError:
        pass
    return None


def writable(
    protocol: type[Protocol], grammar: CandidateGrammar, lemmas: Sequence[CandidateLemma]
) -> list[CandidateLemma]:
    """Those that the language accepts as text; it requires, say, that None has been ruled out."""
    if not lemmas:
        return []
    try:
        names = {f"lemma_{k}": x for k, x in enumerate(lemmas)}
        describe(
            with_invariants(protocol, {n: method(grammar, n, x.body) for n, x in names.items()})
        )
    except (ModelError, TypeError):
        if len(lemmas) == 1:
            return []
        half = len(lemmas) // 2
        parts = (lemmas[:half], lemmas[half:])
        return [x for part in parts for x in writable(protocol, grammar, part)]
    return list(lemmas)
