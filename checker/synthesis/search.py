"""The search for lemmas that exclude counterexamples to induction.

Schultz, Dardik, Tripakis (FMCAD 2022), §4: the first state of a counterexample to induction is not
reachable. A lemma that holds in all reachable states, but not there, excludes it. The lemmas found
need further lemmas in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quorate.checker.ground.vector import States
from quorate.model.language.ir import core as c

from .arrays import Valuations
from .batch import Array, Batch
from .clauses import Clause, LiteralColumns, Reached, distinct
from .grammar import CandidateGrammar, QuantifierPrefix
from .instance import SampledInstance

POOL = 4000  # disturbed states of an instance
SAMPLE = 600  # states of an instance that candidates are first tried on
SAMPLED = 2  # instances that candidates are first tried on; all others come after
MOST_LITERALS = 3
LEAST_LITERALS = 4  # what the literals of a clause over many variables cost at least
MOST_ROWS_ASKED = 8  # of one prefix, each time
MOST_MISTAKES = 40  # states that refute a candidate, from which its prefix learns
PIECE = 4000  # states at a time


@dataclass
class ClauseLearner:
    """Finds clauses that hold in all states reached and exclude a given state."""

    grammar: CandidateGrammar
    instances: list[SampledInstance]
    banned: set[c.Expr] = field(default_factory=set)
    tick: Callable[[], None] = lambda: None  # called often: shows progress, or ends the search
    tried: int = 0
    refuted: int = 0
    random: Any = field(default_factory=lambda: np.random.default_rng(0))
    _reached: dict[QuantifierPrefix, Reached] = field(default_factory=dict)

    def reached(self, prefix: QuantifierPrefix) -> Reached:
        """The rows of a prefix in a sample of the states reached."""
        if prefix not in self._reached:
            found = self._reached[prefix] = Reached(LiteralColumns(self.grammar, prefix))
            for i in self.instances[:SAMPLED]:
                with i.sizes:
                    found.add(i.layout, sample(i.states, SAMPLE))
        return self._reached[prefix]

    def simple(self, most_cost: int) -> Iterator[Clause]:
        """Clauses that separate the states reached from states that differ in a few cells."""
        random = np.random.default_rng(0)
        instances = self.instances[:SAMPLED]
        pools = [i.disturbed(sample(i.states, POOL), random) for i in instances]
        for prefix in self.grammar.prefixes:
            if prefix.cost > most_cost or prefix.quorum is not None:
                continue
            for k, i in enumerate(instances):
                self.tick()
                with i.sizes:
                    clauses = self._separating(prefix, i, pools[k])
                for clause in clauses:
                    yield clause
                    for j, other in enumerate(instances):
                        pools[j] = np.delete(pools[j], violating(other, pools[j], clause.body), 0)

    def _separating(
        self, prefix: QuantifierPrefix, instance: SampledInstance, states: States
    ) -> list[Clause]:
        """Clauses of two literals at most, each the cheapest for the first remaining state."""
        reached = self.reached(prefix)
        where, rows = reached.columns.rows(Batch(instance.layout, states))
        bits = reached.columns.unpacked(rows)
        remaining = np.flatnonzero(~reached.among(rows))
        found: list[Clause] = []
        while len(remaining):
            ranked = [
                (clause.cost, -int(false.sum()), clause, false)
                for clause in reached.excluding(rows[remaining[0]], 2)
                for false in [clause.false_in(bits[remaining])]
            ]
            self.tried += len(ranked)
            best = min(ranked, key=lambda x: x[:2], default=None)
            if best is None:
                remaining = remaining[(rows[remaining] != rows[remaining[0]]).any(axis=1)]
            elif self.holds(best[2]):
                found.append(best[2])
                remaining = remaining[~np.isin(where[remaining], where[remaining[best[3]]])]
        return found

    def learn(self, instance: SampledInstance, states: States) -> tuple[list[Clause], Array]:
        """Clauses that exclude states, each as many as possible for its cost; the remaining states.

        These are given by number. If there is no clause, no candidate excludes any of them.
        """
        remaining = np.arange(len(states))
        with instance.sizes:
            batch = Batch(instance.layout, states)
            while pool := self._candidates(batch, remaining):
                chosen: list[Clause] = []
                while pool:
                    clause, excluded = max(pool, key=lambda x: (len(x[1]) / x[0].cost, -x[0].cost))
                    if self.holds(clause):
                        chosen.append(clause)
                        remaining = np.setdiff1d(remaining, excluded)
                        pool = [(x, np.intersect1d(e, remaining)) for x, e in pool]
                    pool = [(x, e) for x, e in pool if len(e) and x.body != clause.body]
                if chosen:
                    return chosen, remaining
        return [], remaining

    def _candidates(self, batch: Batch, remaining: Array) -> list[tuple[Clause, Array]]:
        """Clauses that exclude some of these states, with which they exclude."""
        found: list[tuple[Clause, Array]] = []
        best = 0.0
        for prefix in self.grammar.prefixes:
            self.tick()
            if len(remaining) / (prefix.cost + LEAST_LITERALS) < best:
                break  # not even a clause that excludes all would be better
            for clause, excluded in self._of(prefix, batch, remaining):
                best = max(best, len(excluded) / clause.cost)
                found.append((clause, excluded))
        return found

    def _of(
        self, prefix: QuantifierPrefix, batch: Batch, remaining: Array
    ) -> Iterator[tuple[Clause, Array]]:
        reached = self.reached(prefix)
        where, rows = reached.columns.rows(batch)
        mine = np.flatnonzero(~reached.among(rows) & np.isin(where, remaining))
        bits = reached.columns.unpacked(rows[mine])
        seen: set[c.Expr] = set()
        some = distinct(rows[mine])
        for row in some[self.random.permutation(len(some))[:MOST_ROWS_ASKED]]:
            for clause in reached.excluding(row, MOST_LITERALS):
                self.tried += 1
                if clause.body not in seen and clause.body not in self.banned:
                    seen.add(clause.body)
                    yield clause, np.unique(where[mine[clause.false_in(bits)]])

    def holds(self, clause: Clause) -> bool:
        """Whether a clause holds in all states reached; if not, its prefix learns from it."""
        for i in self.instances:
            wrong = violating(i, i.states, clause.body)
            if len(wrong):
                self.refuted += 1
                with i.sizes:
                    self.reached(clause.prefix).add(
                        i.layout, i.states[sample(wrong, MOST_MISTAKES)]
                    )
                return False
        return True


def violating(instance: SampledInstance, states: States, body: c.Quant) -> Array:
    """The numbers of the states where a lemma does not hold."""
    with instance.sizes:
        return false_in(pieces(instance, states), body)


def pieces(instance: SampledInstance, states: States) -> list[Batch]:
    """The states, in parts that take little memory. Use it inside the instance's sizes."""
    return [Batch(instance.layout, states[k : k + PIECE]) for k in range(0, len(states), PIECE)]


def false_in(batches: Sequence[Batch], body: c.Quant) -> Array:
    """The numbers of the states, of all these parts, where a lemma does not hold."""
    found = [np.zeros(0, np.int64)]
    first = 0
    for batch in batches:
        rows = Valuations.over(batch, body.binders)
        found.append(first + np.unique(rows.state[~rows.truth(body.body)]))
        first += len(batch.states)
    return np.concatenate(found)


def sample(items: Any, most: int) -> Any:
    """So many of them, spread evenly."""
    if len(items) <= most:
        return items
    return items[np.linspace(0, len(items) - 1, most).astype(np.int64)]
