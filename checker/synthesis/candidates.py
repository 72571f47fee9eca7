"""Candidate lemmas that the text of a protocol suggests, before any search.

When an action sends a message, some facts hold from then on: its guards held, its writes were made,
and the cells that it copied had the values that the message has. Lemmas from the goals, taken a
step backwards, come first. All of them are only suggestions: states refute, and proofs decide.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from quorate.model.language.declare.types import OptionType, QuorumType, RecordType
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import equal, exists, less, negation, over
from quorate.model.language.ir.traverse import free, substituted, transformed, walk

from .closed import closed_before
from .expressions import every, ordered, replaced
from .history import history_lemmas
from .sendings import (
    Sending,
    actions,
    conjuncts,
    field_of,
    fields_of,
    keys_of,
    on_cells,
    over_sent,
    sendings,
)
from .shapes import shapes

MOST_SUGGESTED = 4000
LAST_RESORT = 1000


@dataclass(frozen=True)
class CandidateLemma:
    """A lemma suggested by the text."""

    body: c.Quant

    @property
    def cost(self) -> int:
        """Its size, for the order in which lemmas are dropped. A lemma that claims that a quorum
        exists is a last resort, since proofs for any size must name that quorum."""
        nodes = list(walk(self.body))
        named = any(isinstance(x, c.Quant) and not x.forall and _over_quorum(x) for x in nodes)
        return len(nodes) + (LAST_RESORT if named else 0)


def _over_quorum(e: c.Quant) -> bool:
    return any(isinstance(b.var.type, QuorumType) for b in e.binders)


def candidate_lemmas(description: c.Description, goals: Sequence[c.Expr]) -> list[CandidateLemma]:
    """The lemmas that the text suggests, without duplicates; those from the goals first."""
    found: dict[c.Expr, None] = {}
    makers = _Suggestions(description)
    for body in itertools.chain(
        (x for g in goals for x in closed_before(makers.sendings, g)),
        *(makers.of_sending(s) for s in makers.sendings),
        *(makers.of_cells(s) for s in makers.sendings),
        shapes(description, goals),
        history_lemmas(description, makers.actions),
    ):
        found[body] = None
    return [
        CandidateLemma(b) for b in itertools.islice(found, MOST_SUGGESTED) if isinstance(b, c.Quant)
    ]


class _Suggestions:
    def __init__(self, description: c.Description) -> None:
        self.description = description
        self.actions = actions(description)
        self.sendings = sendings(self.actions)

    # ------------------------------------------------------------ of a message

    def of_sending(self, s: Sending) -> Iterator[c.Expr]:
        """What held when a message was sent, as far as the message says."""
        m = c.Var(name="m.sent", type=RecordType(s.record))
        sent = over_sent(m, s)
        own = {m.name, *(k.name for k in keys_of(m))}
        put = s.parameters(fields_of(m))
        known = {read: field_of(m, f) for f, read in s.copied.items()}
        for guard in conjuncts(s.action):
            here = substituted(replaced(guard, known), put)
            unbound = [v for n, v in free(here).items() if n not in own]
            if not unbound:
                yield every(sent, [here])
            elif all(isinstance(v.type, QuorumType) for v in unbound):
                yield every(sent, [exists(tuple(map(over, unbound)), [here])])
        for w in s.writes:
            cell = c.Read(variable=w.variable, keys=w.keys, type=w.value.type)
            here, value = substituted(cell, put), substituted(w.value, put)
            if set(free(here)) | set(free(value)) <= own:
                yield every(sent, [equal(here, value)])
                if ordered(value.type):
                    yield every(sent, [c.LessEq(left=value, right=here, type=c.BOOL)])
        for x, y in itertools.permutations(fields_of(m).values(), 2):
            if x.type == y.type and ordered(x.type):
                yield every(sent, [less(x, y)])
        for f in s.copied:
            yield from self._not_since(s, m, f)

    def _not_since(self, s: Sending, m: c.Var, copied: str) -> Iterator[c.Expr]:
        """What was sent with a write to a copied cell came before, or its guards held later."""
        read = s.copied[copied]
        put = s.parameters(fields_of(m))
        keys = [substituted(k, put) for k in read.keys]
        own = {m.name, *(k.name for k in keys_of(m))}
        if not ordered(read.type) or any(set(free(k)) - own for k in keys):
            return
        for t in self.sendings:
            n = c.Var(name="n.sent", type=RecordType(t.record))
            theirs = t.parameters(fields_of(n))
            for w in t.writes:
                value = substituted(w.value, theirs)
                same = [substituted(k, theirs) for k in w.keys]
                if w.variable != read.variable or {*free(value)} != {n.name}:
                    continue
                # Of the same process, and so of the same cell: its keys are equal.
                after = {x.variable: substituted(x.value, put) for x in s.writes}
                binders = [*over_sent(m, s), *over_sent(n, t)]
                apart = [negation(equal(x, y)) for x, y in zip(same, keys, strict=True)]
                before = c.LessEq(left=value, right=field_of(m, copied), type=c.BOOL)
                for guard in conjuncts(t.action):
                    here = substituted(_afterwards(guard, after), theirs)
                    if on_cells(guard) and set(free(here)) <= {*own, n.name}:
                        yield every(binders, [*apart, before, here])

    # ------------------------------------------------------------ of cells

    def of_cells(self, s: Sending) -> Iterator[c.Expr]:
        """Cells hold what was sent when they were written; and so do fields that copy them."""
        writes = [w for w in s.writes if all(isinstance(k, c.Var) for k in w.keys)]
        for keys in dict.fromkeys(w.keys for w in writes):
            mine = [w for w in writes if w.keys == keys]
            for body in self._about(s, mine):
                yield every([over(k) for k in keys if isinstance(k, c.Var)], body)
                yield from self._copied(body, keys)

    def _about(self, s: Sending, writes: Sequence[c.Write]) -> Iterator[list[c.Expr]]:
        cells = {
            w.variable: c.Read(variable=w.variable, keys=w.keys, type=w.value.type) for w in writes
        }
        first = {}
        for name, cell in cells.items():
            if isinstance(cell.type, OptionType) or ordered(cell.type):
                initial = c.Lit(value=self.description.variable(name).initial, type=cell.type)
                first[name] = c.Eq(left=cell, right=initial, type=c.BOOL)
        for a, b in itertools.permutations(first, 2):
            yield [negation(first[a]), first[b]]
            if cells[a].type == cells[b].type and ordered(cells[a].type):
                yield [c.LessEq(left=cells[a], right=cells[b], type=c.BOOL)]
        keys = {k.name: k for k in writes[0].keys if isinstance(k, c.Var)}
        known: dict[str, list[c.Expr]] = {n: [k] for n, k in keys.items()}
        for w in writes:
            inner = w.value.of if isinstance(w.value, c.Some) else w.value
            if isinstance(inner, c.Var) and inner.name not in keys:
                known.setdefault(inner.name, []).append(cells[w.variable])
        fields = [(f, a.name) for f, a in s.args.items() if isinstance(a, c.Var)]
        fields = [(f, n) for f, n in fields if n in known]
        x = c.Var(name=f"x.{s.record.__name__}", type=RecordType(s.record))
        sent = over_sent(x, s)[-1]
        names = list(dict.fromkeys(n for _, n in fields))
        for row in itertools.product(*[known[n] for n in names]):
            at = dict(zip(names, row, strict=True))
            parts = [equal(field_of(x, f), at[n]) for f, n in fields]
            for start in first.values():
                if parts:
                    yield [start, exists((sent,), parts)]

    def _copied(self, body: Sequence[c.Expr], keys: Sequence[c.Expr]) -> Iterator[c.Expr]:
        for s in self.sendings:
            m = c.Var(name="m.sent", type=RecordType(s.record))
            put = s.parameters(fields_of(m))
            theirs = {r.keys for r in s.copied.values()}
            for there in theirs:
                if [k.type for k in there] != [k.type for k in keys]:
                    continue
                at = {
                    k.name: substituted(t, put)
                    for k, t in zip(keys, there, strict=True)
                    if isinstance(k, c.Var)
                }
                known = {
                    c.Read(variable=r.variable, keys=tuple(keys), type=r.type): field_of(m, f)
                    for f, r in s.copied.items()
                    if r.keys == there
                }
                parts = [substituted(replaced(p, known), at) for p in body]
                inside = {v for p in parts for v in free(p)}
                own = {m.name, *(k.name for k in keys_of(m))}
                if inside <= own and not any(isinstance(x, c.Read) for p in parts for x in walk(p)):
                    yield every(over_sent(m, s), parts)


def _afterwards(guard: c.Expr, after: Mapping[str, c.Expr]) -> c.Expr:
    """A guard with what these variables were set to."""
    found: c.Expr = transformed(
        guard, lambda e: after.get(e.variable) if isinstance(e, c.Read) else None
    )
    return found
