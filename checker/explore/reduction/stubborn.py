"""Stubborn sets: which steps must be taken in a state so that no violation is missed.

In each state, a set of steps is computed such that (U) every run to a violation takes one of them,
and (D) the first of them that a run takes can be moved to its front without changing the final
state. Take a shortest run to a violation, and its first step from the set. The reduced search takes
that step, and from the next state the violation is one step nearer. By induction on the length, the
reduced search finds the violation in as many steps as the full one. It needs no proviso for cycles.
Symmetry reduction on the way does not matter, since permutations do not change the length.

(U) is the up-set of Kristensen, Schmidt, Valmari: Question-Guided Stubborn Set Methods for State
Properties (FMSD 29, 2006), and stands in for visibility; (D) is D1 of Valmari, Hansen: Stubborn
Set Intuition Explained (ToPNoC XII, 2017). Sets are closed guard by guard as in Laarman, Pater,
van de Pol, Hansen: Guard-Based Partial-Order Reduction (STTT 18, 2016). An undefined step or
property counts as a violation here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from quorate.checker.errors import InputError
from quorate.checker.explore.codegen.groups import Group
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.nodes import Bool, Graph, Node

from .needs import Need, Needs, One, Steps, choices_in
from .stubborn_relations import Relations

MOST_CASES = 2_000  # parts of the violation that are looked at one by one
MOST_CHOICES = 1 << 16  # different ones, times the words of a set: their memory in each search


@dataclass
class Stubborn:
    """The relations from which stubborn sets are computed; use it inside the layout's sizes.

    `groups` are the steps, by number. `violation` is the condition that a property fails or is
    undefined; so is a deadlock, where no step leads to another state, unless `final` holds there
    (by default everywhere: none is looked for). (U) and (D) hold for that condition as for any
    other: a run to a deadlock must disable what is possible now. `always` are steps in every set;
    `cases` say what else must be in it. A set with step t must also have `rows[t]` if t is enabled,
    and `needs[t]` if it is not.
    """

    layout: Layout
    groups: Sequence[Group]
    violation: Sequence[Bool]
    final: Bool = True
    always: int = field(init=False)
    cases: list[Need] = field(init=False)
    rows: list[int] = field(init=False)
    needs: list[Need] = field(init=False)

    def __post_init__(self) -> None:
        self.relations = Relations(self.layout, self.groups)
        self._made = Needs()
        self._known: dict[tuple[int, bool], Need] = {}
        self._choices: dict[Need, None] = {}
        steps = self.relations.steps
        self.always, self.cases = self._question()
        self.rows, self.needs = [], []
        for t, step in enumerate(steps):
            row = self.relations.row(t)
            if step.looped:
                row |= self.relations.enablers(t)
                self.needs.append(Steps(row))
            else:
                need = self._made.simplified(self.need(step.changes))
                self.needs.append(self._bounded(need, step.changes))
            self.rows.append(row)

    @property
    def words(self) -> int:
        """How many words of 64 bits a set of steps has."""
        return -(-max(1, len(self.groups)) // 64)

    # ------------------------------------------------------------ conditions

    def need(self, p: Bool, value: bool = True) -> Need:
        """The steps needed to change a condition from `not value` to `value`."""
        if not isinstance(p, Node):
            return Steps(0)
        key = p.id, value
        if key not in self._known:
            self._known[key] = self._need(p, value)
        return self._known[key]

    def _need(self, p: Node, value: bool) -> Need:
        if self.relations.symbolic(p):
            return Steps(self.relations.touching(p))
        if p.op == "not":
            return self.need(p.args[0], not value)
        if p.op not in ("and", "or"):
            return Steps(self.relations.makers(p, value))
        if (p.op == "and") != value:
            return self._made.all(self.need(q, value) for q in p.args)
        g = self.layout.graph
        return self._made.one((q if value else g.not_(q), self.need(q, value)) for q in p.args)

    def _bounded(self, need: Need, p: Bool) -> Need:
        """The need of a condition; if there are too many choices, whatever touches it."""
        found = dict(self._choices)
        choices_in(need, found)
        if len(found) * self.words > MOST_CHOICES:
            return Steps(self.relations.touching(p))
        self._choices = found
        return need

    # ------------------------------------------------------------ the question

    def _question(self) -> tuple[int, list[Need]]:
        g = self.layout.graph
        steps = self.relations.steps
        parts = [p for q in (*self.violation, *(s.undefined for s in steps)) for p in cases(g, q)]
        parts = list({p.id: p for p in parts}.values())
        found = list(self._deadlock())
        always = 0
        if len(parts) > MOST_CASES:
            always, parts = reduce(or_, map(self.relations.touching, parts), 0), []
        for p in parts:
            need = self._bounded(self._case(p, always), p)
            if isinstance(need, Steps):
                always |= need.mask
            else:
                found.append(need)
        while True:
            simpler = (self._made.simplified(n, always) for n in found)
            found = [n for n in simpler if n != Steps(0)]
            fixed = [n.mask for n in found if isinstance(n, Steps)]
            if not fixed:
                return always, found
            always |= reduce(or_, fixed)

    def _deadlock(self) -> Iterator[Need]:
        """What a run to a deadlock needs. Raises InputError if that cannot be said."""
        if self.final is True:
            return
        for step, group in zip(self.relations.steps, self.groups, strict=True):
            if step.looped:
                raise InputError(
                    f"{group.instances[0].action.name} is looked for among too many messages to "
                    "reduce the search for deadlocks: drop --por"
                )
        g = self.layout.graph
        able = [step.changes for step in self.relations.steps]
        stuck = g.and_([*map(g.not_, able), g.not_(self.final)])
        yield self._bounded(self._made.simplified(self.need(stuck)), stuck)

    def _case(self, p: Node, always: int) -> Need:
        """A case needs what makes it true as a whole, or what makes a false consequence true.

        Its consequences are its conjuncts, and tests of cells that it implies.
        """
        if self.relations.touching(p) & ~always == 0:
            return Steps(0)
        whole = Steps(self.relations.makers(p))
        inner = self.need(p)
        options = inner.options if isinstance(inner, One) else ((False, inner),)
        implied = ((q, self.need(q)) for q in self.relations.implied(p))
        need = self._made.one(((False, whole), *options, *implied))
        return self._made.simplified(need, always)


def cases(graph: Graph, p: Bool) -> Iterator[Node]:
    """Conditions whose disjunction is the condition."""
    if isinstance(p, Node) and p.op == "or":
        parts: Iterable[Bool] = p.args
    elif isinstance(p, Node) and p.op == "not" and p.args[0].op == "and":
        parts = [graph.not_(q) for q in p.args[0].args]
    else:
        parts = ()
        if isinstance(p, Node):
            yield p
    for q in parts:
        yield from cases(graph, q)
