"""Checks of the sorts and quorum systems that a protocol mentions, and of what is no part of it."""

from __future__ import annotations

from quorate.model.language.declare.protocol import Protocol, mentioned_sorts
from quorate.model.language.declare.quorums import FunctionError, QuorumSystem, is_kind
from quorate.model.language.declare.sorts import Sort
from quorate.model.language.declare.structures import Joint, Predicate
from quorate.model.language.diagnostics import Diagnostic, ModelError, SizeError

from .predicates import predicate
from .source import annotation_span, class_span


def check_sorts(protocol: type[Protocol]) -> list[Diagnostic]:
    """Check that no two sorts have the same name or the same letter for their elements."""
    found: list[Diagnostic] = []
    names: dict[str, type] = {}
    sort_of_letter: dict[str, type[Sort]] = {}
    sorts = mentioned_sorts(protocol)
    used = {sort.short for sort in sorts if issubclass(sort, Sort)}
    for sort in sorts:
        other = names.setdefault(sort.__name__, sort)
        if other is not sort:
            found.append(
                Diagnostic(
                    "same-name",
                    f"two sorts are called {sort.__name__}",
                    class_span(sort),
                    "one",
                    "sizes are given by name: rename one of them",
                    protocol.__name__,
                    ((class_span(other), "the other"),),
                )
            )
            continue
        if not issubclass(sort, Sort):
            continue
        twin = sort_of_letter.setdefault(sort.short, sort)
        if twin is not sort:
            own = sort.__name__.lower()
            free = next((c for c in own if c.isalpha() and c not in used), own)
            used.add(free)
            base = sort.__bases__[0].__name__
            found.append(
                Diagnostic(
                    "same-letter",
                    f"elements of {twin.__name__} and {sort.__name__} would both be named "
                    f"{sort.short}0, {sort.short}1, ...",
                    class_span(sort),
                    f"also `{sort.short}`",
                    f'give it another letter: `class {sort.__name__}({base}, short="{free}")`',
                    protocol.__name__,
                    ((class_span(twin), f"`{twin.short}` already"),),
                )
            )
    return found


def check_quorums(protocol: type[Protocol]) -> list[Diagnostic]:
    """Check the declarations of quorum systems: their members, quorums, and what they meet."""
    systems = [s for s in mentioned_sorts(protocol) if issubclass(s, QuorumSystem)]
    return [d for system in systems for d in system_mistakes(system)]


def system_mistakes(system: type[QuorumSystem[Sort]]) -> list[Diagnostic]:
    """The mistakes in the declaration of a quorum system, and of those that it joins."""
    found: list[Diagnostic] = []
    try:
        found += [
            Diagnostic(
                "bad-quorum",
                title,
                class_span(system),
                "not a quorum system yet",
                help,
                system.__name__,
            )
            for title, help in _said_wrongly(system)
        ]
        if issubclass(system, Joint) and not found:
            for part in dict.fromkeys(system.configurations):
                found += system_mistakes(part)
    except ModelError as error:  # a mistake inside a predicate
        found += error.diagnostics
    return found


def _said_wrongly(system: type[QuorumSystem[Sort]]) -> list[tuple[str, str]]:
    """Titles, and what to write instead. Raises ModelError for a predicate with mistakes."""
    name = system.__name__
    kind = next(b for b in system.__mro__ if is_kind(b) and issubclass(b, QuorumSystem))
    base = kind.__name__.partition("[")[0]
    if not (isinstance(of := getattr(system, "of", None), type) and issubclass(of, Sort)):
        return [(f"{name} does not say of what", f"write `class {name}({base}[Acceptor])`")]
    if system.misfits:
        return list(system.misfits)
    if any(not hasattr(system, keyword) for keyword in system.keywords):
        return [
            (
                f"{name} does not say which sets are quorums",
                f"write `class {name}({base}[{of.__name__}], {kind.example})`",
            )
        ]
    if issubclass(system, Predicate) and system.is_quorum is Predicate.is_quorum:
        signature = f"def is_quorum(self, q: Set[{of.__name__}]) -> bool"
        return [(f"{name} does not say which sets are quorums", f"define `{signature}`")]
    if found := list(system.mistakes()):
        return found
    if issubclass(system, Predicate):
        predicate(system)
    try:
        list(zip(range(1), system.subsets(3), strict=False))
    except NotImplementedError:
        return [(f"{name} does not say which sets are quorums", "define `subsets(cls, n)`")]
    except FunctionError as error:
        return [(f"{name} cannot say which sets are quorums: {error}", system.hint)]
    except SizeError:
        pass  # three is not its number
    except Exception as error:
        return [(f"{name} cannot say which sets are quorums: {error}", system.hint)]
    return [
        (f"{name} meets {other.__name__}, whose members are of another sort", "")
        for other in system.meets
        if getattr(other, "of", None) is not of
    ]


def never_called(protocol: type[Protocol]) -> list[Diagnostic]:
    """An `__init__` of a protocol, which nobody calls."""
    if "__init__" not in vars(protocol):
        return []
    return [
        Diagnostic(
            "undecorated",
            "`__init__` is never called",
            annotation_span(protocol, "__init__"),
            "not part of the description",
            "declare a variable with its first value, `x: Sort | None = durable(None)`; "
            "an @init chooses among several",
            protocol.__name__,
        )
    ]
