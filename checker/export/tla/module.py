"""A whole TLA+ module of a protocol, and the configuration that makes TLC check it."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from quorate.checker.errors import InputError
from quorate.model.language import Message, Nat, Ordered, Protocol, Sizes
from quorate.model.language.declare.queues import fifo_of
from quorate.model.language.declare.types import MessagesType
from quorate.model.language.frontend.capture import capture
from quorate.model.language.frontend.source import annotation_span
from quorate.model.language.ir import surface as s
from quorate.traces.files import replacing

from . import terms as t
from .configuration import TlcConfiguration
from .domains import Domains, enum_members, fields_of
from .layout import bullets, filled, hanging, render
from .names import fresh, identifier, is_free
from .operators import TlaOperators, comment, plain
from .runs import TlaRuns
from .systems import Systems
from .terms import Term

WIDTH = 77
SECTION = "-" * WIDTH


@dataclass(frozen=True)
class TlaModule:
    """A module and its configuration; `configuration` is None where no sizes were given."""

    name: str
    module: str
    configuration: str | None

    def write(self, folder: str | PathLike[str] = ".") -> Path:
        """Write NAME.tla and, if there is a configuration, NAME.cfg; returns the path of NAME.tla.

        TLA+ requires that the file has the name of the module. Raises OSError.
        """
        path = Path(folder) / f"{self.name}.tla"
        if self.configuration is not None:
            _write(path.with_suffix(".cfg"), self.configuration)
        _write(path, self.module)
        return path

    def __str__(self) -> str:
        return self.module


def _write(path: Path, text: str) -> None:
    with replacing(path) as partial:
        partial.write_text(text, encoding="ascii")


def export(
    protocol: type[Protocol],
    sizes: Sizes | None,
    name: str | None = None,
    symmetry: bool = False,
) -> TlaModule:
    """Write a protocol as TLA+; `symmetry` has TLC count states up to symmetry.

    Raises ModelError for a mistake in it, InputError for what has no form in TLA+, SizeError
    where sizes are needed and none were given.
    """
    if name is not None and not is_free(name):
        raise InputError(f"`{name}` cannot be the name of a TLA+ module")
    module = _Module(protocol, sizes, name or _module_name(protocol))
    text = module.write()
    found = None if sizes is None else module.configuration(sizes, symmetry)
    return TlaModule(module.name, text, found)


def _module_name(protocol: type[Protocol]) -> str:
    name = identifier(protocol.__name__)
    return name if is_free(name) else f"{name}_"


class _Module:
    def __init__(self, protocol: type[Protocol], sizes: Sizes | None, name: str) -> None:
        self.protocol, self.name = protocol, name
        self.description: s.Description = capture(protocol)
        for v in self.description.variables:
            if fifo_of(v.type) is not None:
                place = annotation_span(v.owner, v.name, "value")
                raise InputError(f"{place}: a fifo network has no form in TLA+ here")
        self.domains = Domains(protocol, self.description.variables)
        self.domains.names.used.add(name)
        self.operators = TlaOperators(self.description, self.domains)
        self.runs = TlaRuns(self.operators)
        self.systems = Systems(self.domains, sizes)

    def write(self) -> str:
        self._parts()  # so that every name is given before one is chosen for a bound variable
        parts = self._parts()
        title = f" MODULE {self.name} "
        first = title.center(WIDTH, "-")
        doc = comment(inspect.cleandoc(vars(self.protocol).get("__doc__") or ""))
        top = f"{first}\n{doc}{self._extends(parts)}"
        return "\n\n".join([top, *parts, "=" * WIDTH]) + "\n"

    def configuration(self, sizes: Sizes, symmetry: bool) -> str:
        return TlcConfiguration(
            self.name, self.description, self.domains, self.systems, sizes
        ).write(symmetry, self._keyed())

    def _extends(self, parts: list[str]) -> str:
        text = "\n".join(parts)
        wanted = {
            "FiniteSets": r"\bCardinality\(",
            "Sequences": r"\b(Len|Append|SubSeq|Seq)\(|\\o ",
            "TLC": r"\bPermutations\(",
        }
        modules = ["Integers", *(m for m, sign in wanted.items() if re.search(sign, text))]
        return f"EXTENDS {', '.join(modules)}"

    def _parts(self) -> list[str]:
        """The module from the constants to the last definition, in the order of the text."""
        d = self.domains
        body = [
            self._type_ok(),
            *([self._keys_are_unique()] if self._keyed() else []),
            SECTION,
            *self.operators.defines(),
            *([SECTION] if self.protocol.methods("define") else []),
            *self._steps(),
        ]
        for kind in ("invariant", "constraint", "reachable"):
            found = [
                self.operators.property(p) for p in self.description.properties if p.kind == kind
            ]
            if found:
                body += [
                    SECTION,
                    *([GOALS + found[0], *found[1:]] if kind == "reachable" else found),
                ]
        finals = [self.operators.property(p) for p in self.description.finals]
        temporal = [self.runs.property(p) for p in self.description.temporal]
        body += [SECTION, *finals, *temporal] if finals or temporal else []
        ranges, records = self._definitions(), self._records()
        definitions = [*ranges, *self._helpers(), *records]
        symmetric = self.systems.symmetric()
        if symmetric:
            sets = t.union([t.apply("Permutations", d.sort(x)) for x in symmetric])
            body += [SECTION, self.operators.definition("Symmetry", (), sets.doc)]
        constants = self._constants()
        return [*constants, "\n".join(definitions), *self._variables(), *body]

    # ------------------------------------------------------------ what is given

    def _constants(self) -> list[str]:
        """The constants, each with what it is."""
        d = self.domains
        found: list[tuple[str, str]] = []
        for sort in sorted(d.sorts, key=lambda x: x.__name__):
            if issubclass(sort, Nat):
                found.append((d.largest(sort), f"the largest number of {sort.__name__}"))
            elif issubclass(sort, Ordered):
                found.append((d.largest(sort), f"how many elements {sort.__name__} has"))
            else:
                found.append((d.sort(sort).text, "a set of model values"))
        found += [(name, "a model value") for name in d.elements.values()]
        found += [(d.system(x).text, "a set of quorums") for x in self.systems.constants()]
        found += [(d.most(f).text, f"how often a fault `{f}` may happen") for f in d.budgets()]
        found += [("None", "a model value: nothing")] if d.none else []
        return [_declared("CONSTANTS", found)] if found else []

    def _definitions(self) -> list[str]:
        """Ranges of numbers, bottoms, enums, quorum systems."""
        d = self.domains
        found = []
        for sort in sorted(d.sorts, key=lambda x: x.__name__):
            if issubclass(sort, (Nat, Ordered)):
                first = 0 if issubclass(sort, Nat) else 1
                found.append(f"{d.sort(sort).text} == {first}..{d.largest(sort)}")
            if sort in d.bottoms:
                found.append(f"{d.bottom(sort).text} == 0  \\* below every {d.sort(sort).text}")
        for r in d.ranges:
            found.append(f"{d.range(r).text} == {r.low}..{r.high}")
        for kind in d.enums:
            found.append(self._defined(d.enum(kind).text, enum_members(kind)))
        return found + [self._defined(d.system(x).text, e) for x, e in self.systems.defined()]

    def _defined(self, name: str, value: Term) -> str:
        return render(hanging(f"{name} ==", value.doc))

    def _records(self) -> list[str]:
        d = self.domains
        found = [self._defined(d.record(r).text, value) for r, value in d.records.items()]
        for v in self.description.variables:
            if isinstance(v.type, MessagesType):
                sets = [d.record_set(m) for m in v.type.messages]
                found.append(self._defined(self._messages(v.name), t.union(sets)))
        return found

    def _messages(self, variable: str) -> str:
        held = [v for v in self.description.variables if isinstance(v.type, MessagesType)]
        wanted = "Messages" if len(held) == 1 else f"Messages_{variable}"
        return self.domains.names.give(("messages", variable), wanted)

    def _helpers(self) -> list[str]:
        used = self.domains.names.used
        found = []
        for name, (parameters, inside, text) in HELPERS.items():
            if name in self.domains.helpers:
                if name == "BoundedSeq" and self.domains.walked:
                    inside, text = WALKED
                names = {p: fresh(p, used) for p in parameters + inside}
                given = ", ".join(names[p] for p in parameters)
                found.append(f"{name}({given}) == {text.format(**names)}")
        return found

    def _variables(self) -> list[str]:
        d = self.domains
        found = [
            (d.own(v.name), "volatile: lost in a crash" if v.volatile else "")
            for v in self.description.variables
        ]
        found += [(d.budget(f).text, f"how often `{f}` may still happen") for f in d.budgets()]
        names = [name for name, _ in found]
        return [_declared("VARIABLES", found), render(filled("vars == <<", names, ">>"))]

    # ------------------------------------------------------------ what holds in every state

    def _type_ok(self) -> str:
        d = self.domains
        parts = []
        for v in self.description.variables:
            if isinstance(v.type, MessagesType):
                parts.append((d.own(v.name), "\\subseteq", Term(self._messages(v.name))))
            else:
                parts.append((d.own(v.name), "\\in", d.values(v.type)))
        parts += [
            (d.budget(f).text, "\\in", t.infix(t.number(0), "..", d.most(f), t.RANGE))
            for f in d.budgets()
        ]
        terms = [t.infix(Term(name), sign, value, t.RELATION) for name, sign, value in parts]
        return self.operators.definition("TypeOK", (), t.listed_below(terms).doc)

    def _keyed(self) -> bool:
        return any(m.key is not None for m in self.domains.messages() if issubclass(m, Message))

    def _keys_are_unique(self) -> str:
        """At most one message per key, for the classes that say so."""
        d = self.domains
        m, n = fresh("m", d.names.used), fresh("n", d.names.used)
        terms = []
        for v in self.description.variables:
            for message in v.type.messages if isinstance(v.type, MessagesType) else ():
                if (key := getattr(message, "key", None)) is None:
                    continue
                fields = [fields_of(message)[k] for k in key]
                same = [
                    t.infix(Term(f"{m}.{k}"), "=", Term(f"{n}.{k}"), t.RELATION) for k in fields
                ]
                kinds = [
                    t.infix(Term(f"{x}.{d.tag}"), "=", d.word(message), t.RELATION) for x in (m, n)
                ]
                equal = t.infix(Term(m), "=", Term(n), t.RELATION)
                body = t.implies(t.junction("and", [*kinds, *same]), equal)
                terms.append(t.quantified("\\A", t.bound([m, n], Term(d.own(v.name))), body))
        return self.operators.definition("KeysAreUnique", (), t.listed_below(terms).doc)

    # ------------------------------------------------------------ what happens

    def _steps(self) -> list[str]:
        o, d = self.operators, self.domains
        choices, chosen = o.choices()
        first = [
            t.infix(Term(d.own(v.name)), "=", o.first(v), t.RELATION)
            for v in self.description.variables
            if v.name not in chosen
        ]
        first += [t.infix(d.budget(f), "=", d.most(f), t.RELATION) for f in d.budgets()]
        first += [o.some(a) for a in self.description.inits]
        steps = [o.some(a).doc for a in self.description.actions]
        following = bullets("\\/", steps)
        return [
            *choices,
            o.definition("Init", (), t.listed_below(first).doc),
            *(o.action(a) for a in self.description.actions),
            f"Next ==\n  {render(following, 2)}",
            *self.runs.spec(),
        ]


def _declared(keyword: str, found: list[tuple[str, str]]) -> str:
    """A declaration with a remark on each name."""
    width = max(len(name) for name, _ in found) + 1
    lines = []
    for i, (name, remark) in enumerate(found):
        text = name + "," * (i + 1 < len(found))
        lines.append(f"  {text:{width}}  \\* {plain(remark)}" if remark else f"  {text}")
    return "\n".join([keyword, *lines])


GOALS = "\\* Goals: that each can be reached is seen by checking its negation as an invariant.\n\n"
# Parameters, bound variables, text.
HELPERS = {
    "Range": ("s", "i", "{{{s}[{i}] : {i} \\in DOMAIN {s}}}"),
    "Last": ("s", "", "{s}[Len({s})]"),
    "Prefix": ("sn", "", "SubSeq({s}, 1, IF {n} < Len({s}) THEN {n} ELSE Len({s}))"),
    "Suffix": ("sn", "", "SubSeq({s}, {n} + 1, Len({s}))"),
    "Min": ("ab", "", "IF {a} < {b} THEN {a} ELSE {b}"),
    "Max": ("ab", "", "IF {a} > {b} THEN {a} ELSE {b}"),
    "Least": ("S", "xy", "CHOOSE {x} \\in {S} : \\A {y} \\in {S} : {x} <= {y}"),
    "Greatest": ("S", "xy", "CHOOSE {x} \\in {S} : \\A {y} \\in {S} : {x} >= {y}"),
    "Before": (
        "ab",
        "ij",
        "\\E {i} \\in DOMAIN {a} : "
        "{a}[{i}] < {b}[{i}] /\\ \\A {j} \\in 1..({i} - 1) : {a}[{j}] = {b}[{j}]",
    ),
    "LeastBy": (
        "S",
        "pq",
        "(CHOOSE {p} \\in {S} : \\A {q} \\in {S} : Before({p}[1], {q}[1]) \\/ {q} = {p})[2]",
    ),
    "GreatestBy": (
        "S",
        "pq",
        "(CHOOSE {p} \\in {S} : \\A {q} \\in {S} : Before({q}[1], {p}[1]) \\/ {q} = {p})[2]",
    ),
    "Only": ("S", "x", "CHOOSE {x} \\in {S} : {S} = {{{x}}}"),
    "Apart": ("ST", "x", "CHOOSE {x} \\in {{{S}}} : {x} \\cap {T} = {{}}"),
    "Key": ("kS", "x", "CHOOSE {x} \\in {S} : {x} = {k}"),
    "BoundedSeq": ("Sn", "s", "{{{s} \\in Seq({S}) : Len({s}) <= {n}}}"),
}
# The same set of sequences in a form that TLC can walk through; it can only ask what is in the
# other, which takes no time at all.
WALKED = ("k", "UNION {{[1..{k} -> {S}] : {k} \\in 0..{n}}}")
