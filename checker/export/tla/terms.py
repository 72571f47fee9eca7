"""TLA+ expressions with their precedence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .layout import (
    LINE,
    Align,
    Choice,
    Doc,
    bullets,
    cat,
    filled,
    flat_text,
    hanging,
    joined,
    listed,
)

# From loose to tight. OPEN reaches as far to the right as it can: \A, IF, LET, CHOOSE.
OPEN, IMPLIES, JUNCTION, NOT, RELATION, SET, RANGE, SUM, PRODUCT, CONCAT, ATOM = range(11)
SHORT = 20  # what stands before `\\cup` may be so wide without a line of its own
BULLETS = {"and": "/\\", "or": "\\/"}


@dataclass(frozen=True)
class Term:
    """A document, how tightly it binds, and whether something open ends it."""

    doc: Doc
    level: int = ATOM
    open: bool = False
    junction: str = ""  # "and" | "or", with `items`
    items: tuple[Term, ...] = ()

    @property
    def text(self) -> str:
        """On one line. Everything that a term is made of has such a form."""
        text = flat_text(self.doc)
        assert text is not None
        return text


TRUE = Term("TRUE")
FALSE = Term("FALSE")
EMPTY = Term("{}")


def operand(term: Term, least: int, last: bool = False) -> Doc:
    """A term as an operand, in parentheses unless it binds at least so tightly."""
    if term.level >= least and (last or not term.open):
        return term.doc
    return cat("(", Align(term.doc), ")")


def infix(left: Term, sign: str, right: Term, level: int, chained: bool = False) -> Term:
    """`left sign right`, both in parentheses unless they bind more tightly.

    `chained`: the left side may be of the same sign, as in `a + b + c`.
    """
    conditional = level == RELATION and flat_starts(right, "IF ")
    right_doc = right.doc if conditional else operand(right, level + 1, last=True)
    space = "" if level == RANGE and left.level == right.level == ATOM else " "
    doc = cat(operand(left, level + (not chained)), f"{space}{sign}{space}", Align(right_doc))
    return Term(doc, level, open=conditional or (right.open and right.level > level))


def flat_starts(term: Term, start: str) -> bool:
    return term.level == OPEN and term.text.startswith(start)


def union(terms: Sequence[Term]) -> Term:
    """The terms joined by `\\cup`."""
    if len(terms) == 1:
        return terms[0]
    parts = [operand(t, SET + 1) for t in terms]
    rest = [cat(" \\cup ", Align(part)) for part in parts[1:]]
    line = cat(parts[0], *rest)
    if len(parts) == 2 and len(terms[0].text) <= SHORT:
        return Term(line, SET)
    below = [cat(LINE, "\\cup ", Align(part)) for part in parts[1:]]
    return Term(Choice(line, Align(cat("     ", Align(parts[0]), *below))), SET)


def junction(op: str, terms: Sequence[Term]) -> Term:
    r"""`a /\ b` on one line, or a list with a bullet each."""
    flat: list[Term] = []
    for term in terms:
        flat += term.items if term.junction == op else [term]
    if len(flat) == 1:
        return flat[0]
    if not flat:
        return TRUE if op == "and" else FALSE
    bullet = BULLETS[op]
    line = [_on_line(t, last=t is flat[-1]) for t in flat]
    return Term(
        Choice(joined(line, f" {bullet} "), bullets(bullet, [t.doc for t in flat])),
        JUNCTION,
        open=flat[-1].open or flat[-1].level == OPEN,
        junction=op,
        items=tuple(flat),
    )


def listed_below(terms: Sequence[Term]) -> Term:
    r"""A conjunct on each line, even where one line would hold all."""
    return Term(
        bullets("/\\", [x.doc for x in terms]), JUNCTION, junction="and", items=tuple(terms)
    )


def _on_line(term: Term, last: bool) -> Doc:
    return term.doc if last and term.level == OPEN else operand(term, JUNCTION + 1, last)


def implies(premise: Term, conclusion: Term) -> Term:
    left = operand(premise, IMPLIES + 1)
    right = conclusion.doc if conclusion.level == OPEN else operand(conclusion, IMPLIES + 1, True)
    # A premise on several lines would swallow the arrow as part of its last line.
    delimited = Choice(left, cat("(", Align(premise.doc), ")"))
    return Term(hanging(cat(delimited, " =>"), right), IMPLIES, open=True)


def negation(term: Term) -> Term:
    if term.level == OPEN and not flat_starts(term, "IF "):
        return Term(cat("~", Align(term.doc)), NOT, open=True)
    return Term(cat("~", Align(operand(term, ATOM))), NOT)


def quantified(sign: str, bounds: Doc, body: Term) -> Term:
    return Term(hanging(cat(f"{sign} ", bounds, " :"), body.doc), OPEN, open=True)


def conditional(test: Term, then: Term, orelse: Term) -> Term:
    flat = cat("IF ", test.doc, " THEN ", then.doc, " ELSE ", orelse.doc)
    lines = (
        cat("IF ", Align(test.doc)),
        cat("THEN ", Align(then.doc)),
        cat("ELSE ", Align(orelse.doc)),
    )
    return Term(Choice(flat, Align(joined(lines, LINE))), OPEN, open=True)


def let(definitions: Sequence[tuple[str, Term]], body: Term) -> Term:
    """`LET x == ... IN body`."""
    if not definitions:
        return body
    lines = [cat(f"{name} == ", Align(value.doc)) for name, value in definitions]
    broken = Align(cat("LET ", Align(joined(lines, LINE)), LINE, "IN  ", Align(body.doc)))
    flat = cat("LET ", joined(lines, " "), " IN ", body.doc)
    return Term(Choice(flat, broken), OPEN, open=True)


def apply(name: str, *args: Term) -> Term:
    return Term(listed(f"{name}(", [a.doc for a in args], ")") if args else name)


def index(of: Term, *keys: Term) -> Term:
    return Term(cat(operand(of, ATOM), listed("[", [k.doc for k in keys], "]")))


def set_of(items: Sequence[Term]) -> Term:
    return Term(listed("{", [x.doc for x in items], "}"))


def tuple_of(items: Sequence[Term]) -> Term:
    return Term(listed("<<", [x.doc for x in items], ">>"))


def record_of(fields: Sequence[tuple[str, Term]], arrow: str = " |->") -> Term:
    """`[a |-> x, b |-> y]`, or with ` :` the set of such records."""
    return Term(filled("[", [cat(f"{n}{arrow} ", Align(v.doc)) for n, v in fields], "]"))


def bound(names: Sequence[str], domain: Term) -> Doc:
    return cat(f"{', '.join(names)} \\in ", Align(operand(domain, RELATION + 1)))


def filtered(bounds: Doc, condition: Term) -> Term:
    """`{x \\in S : condition}`."""
    flat = cat("{", bounds, " : ", condition.doc, "}")
    return Term(Choice(flat, cat("{", Align(cat(bounds, " :", LINE, condition.doc)), "}")))


def mapped(element: Term, bounds: Doc) -> Term:
    """`{element : x \\in S}`."""
    flat = cat("{", element.doc, " : ", bounds, "}")
    return Term(Choice(flat, cat("{", Align(cat(element.doc, " :", LINE, bounds)), "}")))


def function(bounds: Doc, body: Term) -> Term:
    """`[x \\in S |-> body]`."""
    flat = cat("[", bounds, " |-> ", body.doc, "]")
    broken = cat("[", Align(cat(bounds, " |->", LINE, "  ", Align(body.doc))), "]")
    return Term(Choice(flat, broken))


def anonymous(name: str, body: Term) -> Term:
    """`LAMBDA x : body`, which only stands where an operator is an argument."""
    return Term(hanging(cat(f"LAMBDA {name} :"), body.doc), OPEN, open=True)


def number(value: int) -> Term:
    return Term(str(value), SUM if value < 0 else ATOM)
