"""Clauses over one prefix: those that hold in all states reached, and exclude a given state.

The literals of a prefix split the pairs (state, values of the variables) into rows: for each
literal, whether it holds. A clause holds in all states iff each row that occurs satisfies one of
its literals, so only distinct rows matter (Yao, Tao, Gu, Nieh, Jana, Ryan: DistAI (OSDI 2021),
§4). All literals of a clause that is false in a given row are false there, so finding a clause
means finding a hitting set.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from quorate.checker.ground.layout import Layout
from quorate.checker.ground.vector import States
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import exists, negation
from quorate.model.language.ir.traverse import free

from .arrays import Valuations
from .batch import Array, Batch
from .grammar import CandidateGrammar, Literal, QuantifierPrefix

Bits = npt.NDArray[np.uint8]
WIDEST = 100  # literals of one search that are tried first
MOST_NODES = 2000  # of one search for clauses
MOST_FOUND = 12  # clauses of one search
MOST_PAIRS = 1200  # about members of a quorum
MOST_ROWS = 12_000  # looked at for one prefix and instance
CHUNK = 30_000  # rows at a time


@dataclass(frozen=True)
class Clause:
    """A candidate: for all values of the prefix's variables, one of the literals holds.

    `signs` says for each literal whether it stands as it is or negated.
    """

    prefix: QuantifierPrefix
    literals: tuple[Literal, ...]
    signs: tuple[bool, ...]
    where: tuple[int, ...]  # the numbers of the literals among those of the prefix

    @property
    def cost(self) -> int:
        return self.prefix.cost + sum(x.cost for x in self.literals)

    @cached_property
    def disjuncts(self) -> tuple[c.Expr, ...]:
        return tuple(
            x.expr if sign else negation(x.expr)
            for x, sign in zip(self.literals, self.signs, strict=True)
        )

    def false_in(self, bits: Array) -> Array:
        """The rows, with one column for each literal, in which no literal holds."""
        found: Array = (bits[:, self.where] != np.array(self.signs)).all(axis=1)
        return found

    @cached_property
    def body(self) -> c.Quant:
        """The candidate as a property's body, over the variables that it mentions."""
        used = {n for d in self.disjuncts for n in free(d)}
        binders = tuple(b for b in self.prefix.binders if b.var.name in used)
        parts = self.disjuncts
        body = parts[0] if len(parts) == 1 else c.Or(args=parts, type=c.BOOL)
        return c.Quant(forall=True, binders=binders, body=body, type=c.BOOL)


class LiteralColumns:
    """The literals of one prefix, evaluated."""

    def __init__(self, grammar: CandidateGrammar, prefix: QuantifierPrefix) -> None:
        self.prefix = prefix
        self.plain = grammar.literals(prefix)
        self.member: c.Binder | None = None
        self.about: list[Literal] = []
        self.pairs: list[tuple[int, bool, int, bool]] = []
        self.literals = list(self.plain)
        if prefix.quorum is not None:
            self._add_members(grammar)

    def _add_members(self, grammar: CandidateGrammar) -> None:
        """Some member of the quorum satisfies one condition, or two."""
        self.member = grammar.member(self.prefix)
        self.about = grammar.about_member(self.prefix)
        signed = [(i, s) for i in range(len(self.about)) for s in (True, False)]
        ones = [(i, s, i, s) for i, s in signed]
        twos = [(i, s, j, t) for (i, s), (j, t) in itertools.combinations(signed, 2) if i != j]
        twos.sort(key=lambda p: self.about[p[0]].cost + self.about[p[2]].cost)
        self.pairs = [*ones, *twos][:MOST_PAIRS]
        for i, s, j, t in self.pairs:
            parts = [self._signed(i, s), *([self._signed(j, t)] if i != j else [])]
            cost = 1 + self.about[i].cost + (self.about[j].cost if i != j else 0)
            self.literals.append(Literal(exists((self.member,), parts), cost))

    def _signed(self, i: int, sign: bool) -> c.Expr:
        e = self.about[i].expr
        return e if sign else negation(e)

    def rows(self, batch: Batch) -> tuple[Array, Bits]:
        """For each state and choice of values: the state's number, and its row, packed."""
        rows = Valuations.over(batch, self.prefix.binders)
        packer = _Packer(len(rows))
        for x in self.plain:
            packer.add(rows.truth(x.expr))
        if self.member is not None:
            for column in self._member_columns(rows):
                packer.add(column)
        return rows.state, packer.packed()

    def unpacked(self, rows: Bits) -> Array:
        """For each row and literal, whether it holds."""
        if not self.literals:
            return np.zeros((len(rows), 0), np.bool_)
        return np.unpackbits(rows, axis=1, count=len(self.literals)).astype(np.bool_)

    def _member_columns(self, rows: Valuations) -> list[Array]:
        assert self.member is not None
        found: list[Array] = [np.zeros(len(rows), np.bool_) for _ in self.pairs]
        for inside, env in rows.choices((self.member,)):
            inner = Valuations(rows.batch, rows.state, env)
            values = [inner.truth(x.expr) for x in self.about]
            signed = [(v & inside, ~v & inside) for v in values]
            for k, (i, s, j, t) in enumerate(self.pairs):
                one, other = signed[i][not s], signed[j][not t]
                found[k] |= one & other if i != j else one
        return found


class _Packer:
    """Packs columns of truth values, eight to a byte, as `np.packbits` does along rows."""

    def __init__(self, count: int) -> None:
        self.bytes: list[Array] = []
        self.count, self.used = count, 0

    def add(self, column: Array) -> None:
        place = self.used % 8
        if place == 0:
            self.bytes.append(np.zeros(self.count, np.uint8))
        self.bytes[-1] |= column.astype(np.uint8) << np.uint8(7 - place)
        self.used += 1

    def packed(self) -> Bits:
        if not self.bytes:
            return np.zeros((self.count, 0), np.uint8)
        return np.ascontiguousarray(np.stack(self.bytes).T)


@dataclass
class Reached:
    """The distinct rows of a prefix in all states reached so far, as one big number per literal."""

    columns: LiteralColumns
    rows: Bits = field(init=False)

    def __post_init__(self) -> None:
        width = (len(self.columns.literals) + 7) // 8
        self.rows = np.zeros((0, width), np.uint8)
        self._table: Array | None = None

    def add(self, layout: Layout, states: States) -> None:
        """Add the rows of these states. Use it inside the layout's sizes."""
        found = [self.rows]
        for part in _chunks(states, self.columns.prefix, layout):
            found.append(distinct(self.columns.rows(Batch(layout, part))[1]))
        self.rows = distinct(np.concatenate(found))
        self._table = None

    @property
    def table(self) -> Array:
        """For each row and literal, whether it holds."""
        if self._table is None:
            self._table = self.columns.unpacked(self.rows)
        return self._table

    def among(self, rows: Bits) -> Array:
        """Which of these rows occur in states reached. No clause may exclude them."""
        return np.isin(hashes(rows), hashes(self.rows))

    def excluding(self, row: Bits, most: int) -> list[Clause]:
        """Smallest clauses, of at most so many literals, that all rows satisfy but not this one."""
        bits = self.columns.unpacked(row[np.newaxis])[0]
        differs = self.table ^ bits
        counts = differs.sum(axis=1)
        if not len(counts) or not counts.all():
            return []
        order = np.argsort(counts, kind="stable")  # the rows that few literals satisfy come first
        useful = self._useful(differs, order)
        cover = _Cover(differs[order][:, useful])
        for size in range(1, most + 1):
            found = list(cover.sets(size))
            if found:
                return [self._clause([int(useful[i]) for i in s], bits) for s in found]
        return []

    def _useful(self, differs: Array, order: Array) -> Array:
        """Literals that hold in many rows, or in rows where few do; of those alike the cheapest."""
        wide = np.argsort(-differs.sum(axis=0, dtype=np.int64), kind="stable")[:WIDEST]
        rare = [np.flatnonzero(differs[k])[:WIDEST] for k in order[:2]]
        chosen = np.unique(np.concatenate([wide, *rare]))
        _, first = np.unique(hashes(np.packbits(differs[:, chosen].T, axis=1)), return_index=True)
        return np.sort(chosen[first])  # literals come cheapest first

    def _clause(self, chosen: Sequence[int], bits: Any) -> Clause:
        chosen = sorted(chosen)
        literals = self.columns.literals
        return Clause(
            self.columns.prefix,
            tuple(literals[i] for i in chosen),
            tuple(not bits[i] for i in chosen),
            tuple(chosen),
        )


def distinct(rows: Bits) -> Bits:
    """Each row once, compared by a 64-bit hash. A collision weakens a filter, never a proof."""
    if len(rows) == 0 or rows.shape[1] == 0:
        return rows[:1]
    _, first = np.unique(hashes(rows), return_index=True)
    return rows[first]


def hashes(rows: Bits) -> Array:
    """A 64-bit hash of each row."""
    padded = np.zeros((len(rows), -(-rows.shape[1] // 8) * 8), np.uint8)
    padded[:, : rows.shape[1]] = rows
    words = padded.view(np.uint64)
    weights = np.random.default_rng(0).integers(1, 1 << 63, words.shape[1], np.uint64) * 2 + 1
    with np.errstate(over="ignore"):
        mixed = words ^ (words >> np.uint64(29))
        found: Array = (mixed * weights.astype(np.uint64)).sum(axis=1, dtype=np.uint64)
    return found


def _chunks(states: States, prefix: QuantifierPrefix, layout: Layout) -> Iterator[States]:
    """The states in parts that fit in the memory; a sample if there are too many."""
    each = 1
    for b in prefix.binders:
        if isinstance(b.domain, c.OverType):
            each *= layout.values.size(b.domain.type)
        else:
            each *= 4
    most = max(1, MOST_ROWS // each)
    if len(states) > most:
        states = states[np.linspace(0, len(states) - 1, most).astype(np.int64)]
    step = max(1, CHUNK // each)
    for i in range(0, len(states), step):
        yield states[i : i + step]


class _Cover:
    """Sets of columns that together have a one in every row. Rows come with the rarest first."""

    def __init__(self, table: Array) -> None:
        self.table = table
        self.everything = (1 << len(table)) - 1
        packed = np.packbits(table.T, axis=1, bitorder="little")
        self.masks = [int.from_bytes(p.tobytes(), "little") for p in packed]
        self._of_row: dict[int, list[int]] = {}
        self.nodes = 0
        self.found: set[frozenset[int]] = set()

    def sets(self, size: int) -> Iterator[tuple[int, ...]]:
        """Covers of exactly this size, branching over the columns of the rarest uncovered row."""
        self.nodes, self.found = 0, set()
        yield from self._search(self.everything, size, ())

    def _search(
        self, uncovered: int, size: int, chosen: tuple[int, ...]
    ) -> Iterator[tuple[int, ...]]:
        self.nodes += 1
        for i in self._columns((uncovered & -uncovered).bit_length() - 1):
            if self.nodes > MOST_NODES or len(self.found) >= MOST_FOUND:
                return
            rest = uncovered & ~self.masks[i]
            if size == 1 and not rest:
                whole = frozenset((*chosen, i))
                if whole not in self.found:  # not in another order
                    self.found.add(whole)
                    yield (*chosen, i)
            elif size > 1 and rest:
                yield from self._search(rest, size - 1, (*chosen, i))

    def _columns(self, row: int) -> list[int]:
        if row not in self._of_row:
            self._of_row[row] = np.flatnonzero(self.table[row]).tolist()
        return self._of_row[row]
