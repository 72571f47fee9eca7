"""The generated protocols use every construct of the language, so all readings are compared on it.

Who adds a construct has to teach the generator to draw it: a new node, type, name or row of the
documentation that no generated protocol has is reported here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random

from quorate.model import language
from quorate.model.language import ModelError
from quorate.model.language.frontend.calls import _FUNCTIONS as FUNCTIONS

from ...support.constructs import constructs, every_node, every_syntax, every_type, syntax_of
from ...support.strategies import Source, generate, generate_ending, loaded
from ...support.strategies.protocols import generate_asking, generate_constrained, generate_start
from ...support.strategies.runs import generate_runs
from .test_readings import README, ROWS, source

MAKERS: tuple[Callable[[Random], Source], ...] = (
    *(generate, generate_asking, generate_runs, generate_start),
    *(generate_ending, generate_constrained),
)
MOST = 2_000  # protocols

#: What a user of a class or a writer of a reading imports, and no protocol.
TOOLS = {
    *("Diagnostic", "ModelError", "SizeError", "Span", "StepError", "Sizes"),
    *("FrozenMap", "QuorumSystem"),
}

CELL = r"self\.v\d(\[[^\n]*?\])?"
#: The rows of the table of declarations, and what each looks like in a generated protocol.
DECLARATIONS = {
    "interchangeable elements": (r"class Proc\(Sort", r"short='w'", r"size=\d"),
    "an element with a name": (r"named='boss'", r"named=\(", r"self[^\n]*Proc\.boss"),
    "elements in a circle": (r"\(Ring\)", r"\.next\b", r"\.prev\b"),
    "processes": (r"process=True",),
    "ordered elements, with one below all": (r"\(Ordered\)", r"\(Ordered, bottom="),
    "numbers 0..n": (r"class Num\(Nat\)",),
    "numbers that may be negative": (r"\(Int, low=-2, high=1\)",),
    "fixed alternatives": (r"enum\.Enum",),
    "a quorum system": (r"class Quo\(Majority", r"meets=", r"def is_quorum\("),
    "a record, a message": (r"\(Record\)", r"\(Message\)", r"\(Message, key="),
    "a value of one of several types": (r"v\d: [^\n]*Proc \| Val", r"isinstance\("),
    "a pair": (
        *(r"v\d: [^\n]*tuple\[", r"self\.v\d(\[\w+\])?\[0\]", r"y\d+, y\d+ = "),
        *(r"for x\d+, x\d+ in ", r"= \(\w[^\n]*, "),
    ),
    "a record in an order": (r"\(Record, order=True\)",),
    "state": (
        *(r"v\d: Map\[\w+, \w+\]", r"v\d: Map\[\w+, \w+, ", r"v\d: Set\[", r"v\d: Seq\["),
        *(r"v\d: \w+ \| None", r"v\d: bool", r"v\d: Mode", r"v\d: Num", r"v\d: Delta"),
    ),
    "what is fixed for a run": (r"Const\[Map\[", r"Const\[\w+\]"),
    "state that survives a crash, or not": (r"= durable\(", r"= volatile\("),
    "what belongs to a process": (r"durable\([^\n]*, private=True\)",),
    "the network": (r"sent: Messages\[\w+(, \w+)+\]\n",),
    "another network": (r"\] = at_most_once\(\)", r"= fifo\(Depth\)", r"other: Messages"),
    "who sends a message to whom": (r"\(Message[^\n]* link=",),
    "a clock for each process": (r"clocks\(drift=Drift\)", r"self\.clock\["),
    "a step": (r"@action\n    def step\d\(self, p\d+: (Ask|Tell|Note)",),
    "a fault": (r"faults = \{'crash': 1", r"fault='crash'", r"fault='loss'", r"fault='reset'"),
    "a step that no process decides on": (r"@action\(by='environment'\)",),
    "a step that must not be put off for ever": (r"fair='weak'", r"fair='strong'", r"fair_for="),
    "a helper, a property, a goal": (r"@define", r"@invariant", r"@reachable", r"self\.helper0\("),
    "where a run may end": (r"@final",),
    "how far a search goes": (r"@constraint",),
    "a property of runs": (
        *(r"@eventually\n", r"@always_eventually", r"@eventually_always", r"@leads_to"),
        *(r"@step_property", r"\bold\.v"),
    ),
    "several initial states": (r"@init", r"def begin\(self[^\n]*: Map\[", r"def begin[^\n]*: Set"),
    "a modification": (
        *(r"class Proto\(Base\)", r"super\(\)\.step", r"class Proto\(Base\):\n    @define"),
    ),
}

#: All that the section on actions and expressions writes as code, and the same drawn.
FORMS = {
    "require(...)": r"require\(",
    "self.x[k] = e": r"self\.v\d\[[^\n]*\] = ",
    "self.r[k].n = e": r"self\.v\d\[\w+\]\.f\d = ",
    "self.x = {k: e for k in K}": r"self\.v\d = \{\(?k\d+\)?: [^\n]* for k\d+ in \w+\}",
    "self.y[a] = {b: e for b in B}": r"self\.v\d\[\w+\] = \{\(?k\d+\)?: ",
    "self.x = f": r"self\.v\d = (f|p\d+|p\d+\.view)\n",
    "f": r"begin\(self, [^\n]*f: Map",
    "{(a, b): e for a in A for b in B}": r"\{\(k\d+, k\d+\): [^\n]* for k\d+ in \w+ for k\d+ in",
    "self.sent.add(M(...))": r"self\.sent\.add\(",
    "self.sent.discard(m)": r"self\.sent\.discard\(",
    "self.sent.drop(a, b)": r"self\.sent\.drop\([^\n]*keep=1\)",
    "self.crash(p)": r"def step\d[^@]*self\.crash\(",
    "if": r"\n +if [^\n]*:\n[^@]*\n +elif [^\n]*:\n[^@]*\n +else:\n",
    "for": r"\n        for z\d+ in [^\n]*:\n",
    "self.n[a] += 1": CELL + r" \+= ",
    "self.up |= {a}": CELL + r" \|= ",
    "self.log += (e,)": CELL + r" \+= \([^\n]*,\)\n",
    "self.r[k].n -= 1": CELL + r"\.f\d -= 1\n",
    "M(...) in self.sent": r"\b(Ask|Tell|Note)\([^\n]*\) in self\.sent\b",
    "and": r" and ",
    "or": r" or ",
    "not": r"\(not ",
    "in": r" not in ",
    "x if c else y": r" if [^\n]* else ",
    "all": r"\ball\(",
    "any": r"\bany\(",
    "|": r"(\}|\w) \| \{",
    "&": r" & ",
    "-": r"(\}|\)) - (\{|self)",
    "<=": r"<= \{",
    "len": r"len\((self\.v\d|q\d|y\d|\[|Proc)",
    "+": r" \+ 1\)",
    "*": r" \* ",
    "//": r" // ",
    "%": r" % ",
    "seq[-1]": r"\[-1\]",
    "seq[:n]": r"\[:",
    "seq[n:]": r"\w:\]",
    "seq + (entry,)": r" \+ \([^\n]*,\)",
    "tuple(x for x in seq if ...)": r"tuple\(i\d+ for i\d+ in [^\n]* if ",
    "{s: ... for s in Slot}": r"(Ask|Tell|Note)\([^\n]*\{k\d+: [^\n]* for k\d+ in \w+\}",
    "frozenset({a, b})": r"frozenset\(\{",
    "min": r"min\(\(",
    "max": r"max\(\(",
    "key=": r"key=lambda z\d+: \(",
    "default=": r"default=",
    "max(self.bal[a] for a in q)": r"(min|max)\(\([^\n]* for e\d+ in Quo",
    "max(self.sent[Promise], key=lambda m: (m.bal, m.n))": r"(min|max)[^\n]* in self\.sent\[",
    "sum(self.credit.values())": r"sum\(self\.v\d\.values\(\)\)",
    "all(... for a in Node for b in Node if a < b)": r"\ba\w+\([^\n]* in \w+ (if|for)[^\n]* < ",
    "Int": r"\(Int, ",
    "enabled(self.act, a, b)": r"enabled\(self\.step\d, ",
    "Nat": r"Nat",
    "held: Map[Item, Count]": r"v\d: Map\[\w+, Num\]",
    "self.held[x] += 1": r"self\.v\d\[\w+\] \+= ",
    "self.held[x] -= 1": r"self\.v\d\[\w+\] -= ",
    "self.held[x] > 0": r"self\.v\d\[\w+\] > ",
    "for b in Ballot": r" for x\d+ in Ballot",
    "len(Ballot)": r"len\(Ballot\)",
    "self.at(Ballot.never) or any(... for b in Ballot)": r"self\.helper\d\([^\n]*Ballot\.never",
    "T | None": r"v\d: [^\n]*\w \| None\b",
    "require(x is not None)": r"is not None",
    "x is not None and ...": r"is not None and ",
    "x is None or ...": r"is None or ",
    "[... if x is not None]": r"if \(?[\w.\[\]]+ is not None",
    "x == y": r" == ",
    "==": r" != ",
    "A | B": r"v\d: [^\n]*Proc \| \w+ \| \w+",
    "isinstance(x, A)": r"isinstance\([^\n]*, \(\w+, \w+\)\)",
    "match x:": r"match self\.",
    "case A():": r"case \w+\(\)( if [^\n]*)?:",
    "case Mode.ON:": r"case Mode\.\w+ \| Mode\.\w+:",
    "case None:": r"case None:",
    "case _:": r"case _:",
    "name = e": r"\n        y\d+ = ",
    "pair: Seq[Value, Index] = (v, w)": r"y\d+: Seq\[[^\n]*\] = \(",
    "log[0]": r"self\.v\d\[0\]",
    "require(any(self.n < t for t in N))": r"any\(len\([^\n]*\) < \w+ for \w+ in \w+\)",
}

#: Further forms that a reader of the language has to know.
MORE = {
    "an empty set": r"frozenset\(\)",
    "a chain": r"< [^\n]* <= ",
    "identity": r" is \w+0",
    "a set in another": r"Set\[Set\[",
    "a set above": r"\(self\.v\d(\[\w+\])? (>=|>|<) [({]+\w+\d",
    "a range that does not begin with 0": r"in range\([^\n]*, ",
    "values of a map": r"(min|max)\(self\.v\d\.values",
    "a guard of a case": r"case [^\n]* if ",
    "several networks": r"other: Messages\[\w+\] = at_most",
    "a truth value": r"\(not (self\.v\d(\[\w+\])?|y\d+)\)",
    "a parameter of any type": r"def step\d\(self[^\n]*: (Set|Map|Seq|tuple)\[",
}


def rows(after: str) -> list[str]:
    """The first cells of the table after a heading of the documentation."""
    section = README.read_text().partition(after)[2].partition("\n## ")[0]
    found = re.findall(r"^\| (.+?) \| ", section, re.MULTILINE)
    plain = [re.sub(r"\[(.*?)\]\(.*?\)", r"\1", cell) for cell in found]
    return [cell for cell in plain if cell != "to declare"]


def test_the_declarations_are_those_of_the_documentation() -> None:
    assert list(DECLARATIONS) == rows("## Declarations")


def test_the_forms_are_those_of_the_documentation() -> None:
    section = README.read_text().partition("## Actions and expressions")[2].partition("\n## ")[0]
    assert list(FORMS) == list(
        dict.fromkeys(re.findall(r"`([^`]+)`", section.replace("\n  ", " ")))
    )


def wanted_names() -> set[str]:
    return {f"name {n}" for n in {*language.__all__, *FUNCTIONS} - TOOLS}


def marks(text: str) -> set[str]:
    """What a text has of the forms and names above, and of Python's syntax."""
    found = {f"{what}: {form}" for what, form in PATTERNS if re.search(form, text)}
    return (
        found | {f"name {n}" for n in re.findall(r"\w+", text)} & wanted_names() | syntax_of(text)
    )


PATTERNS = [
    *((row, form) for row, forms in DECLARATIONS.items() for form in forms),
    *FORMS.items(),
    *MORE.items(),
]


def of_the_documentation() -> set[str]:
    """The nodes and types of the table that says which reading takes what."""
    found: set[str] = set()
    for _, body, *_ in ROWS:
        with loaded(source(body)) as protocol:
            found |= constructs(protocol)
    return found


def drawn() -> Iterator[Source]:
    """Protocols of all makers, in turns."""
    for seed in range(MOST):  # makers make much the same of one seed
        yield MAKERS[seed % len(MAKERS)](Random(seed))


def test_every_construct_is_drawn() -> None:
    """Only protocols with something new are read, and first those whose text shows it."""
    wanted = {f"{what}: {form}" for what, form in PATTERNS}
    wanted |= wanted_names() | every_syntax()
    nodes = every_node() | every_type() | of_the_documentation()
    seen, left = set[str](), list[Source]()
    for made in drawn():
        found = marks(made.text)
        if not found & wanted - seen:
            left.append(made)
        elif (of := read(made)) is not None:
            seen |= found | of
        if wanted <= seen:
            break
    for made in left:
        if nodes <= seen:
            break
        seen |= read(made) or set()
    assert (wanted | nodes) - seen == set()


def read(made: Source) -> set[str] | None:
    """What a protocol has of nodes and types; None if it is refused."""
    with loaded(made) as protocol:
        try:
            return constructs(protocol)
        except ModelError:
            return None
