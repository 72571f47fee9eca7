"""Arbitrary values and traces, valid by construction."""

from __future__ import annotations

from hypothesis import strategies as st

from quorate.traces import FrozenMap, Received, Record, Source, Step, Trace, Value, Violation

names = st.text(st.characters(codec="utf-8", exclude_characters="#"), min_size=1, max_size=6)
elements = st.sampled_from(["a0", "a1", "b2", "b10", "never", "end", "#x;", "é", "line\nbreak"])
atoms = st.none() | st.booleans() | st.integers() | elements


def _fields(values: st.SearchStrategy[Value]) -> st.SearchStrategy[tuple[tuple[str, Value], ...]]:
    # `tag` and `value` are what variants of ITF are made of.
    keys = st.sampled_from(["a", "b", "tag", "value"]) | names
    return st.dictionaries(keys, values, max_size=3).map(lambda fields: tuple(fields.items()))


def _records(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Record]:
    return st.builds(Record, st.sampled_from(["", "None", "Some", "Promise"]), _fields(values))


values: st.SearchStrategy[Value] = st.recursive(
    atoms,
    lambda inner: (
        st.frozensets(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(inner, inner, max_size=3).map(FrozenMap)
        | _records(inner)
    ),
    max_leaves=8,
)
messages = _records(values)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    variables = draw(st.lists(names, max_size=3, unique=True))
    variables = [name for name in variables if name != "sent" and not name.startswith("mbt::")]
    processes = tuple(draw(st.lists(names, max_size=3, unique=True)))
    sent: set[Value] = set(draw(st.lists(messages, max_size=1)))
    first_sent: dict[Value, int] = dict.fromkeys(sent, 0)

    def state() -> FrozenMap:
        held = {name: draw(values) for name in variables}
        return FrozenMap({**held, "sent": frozenset(sent)})

    initial, steps = state(), []
    for number in range(1, draw(st.integers(0, 5)) + 1):
        heard = draw(st.lists(st.sampled_from(list(first_sent)), max_size=2)) if first_sent else []
        received = tuple(Received(m, first_sent[m]) for m in heard if isinstance(m, Record))
        because = {r.step for r in received if r.step}
        for message in draw(st.lists(messages, max_size=2)):
            sent.add(message)
            first_sent.setdefault(message, number)
        steps.append(
            Step(
                action=draw(names),
                args=draw(_fields(values)),
                state=state(),
                node=draw(st.none() | st.sampled_from(processes)) if processes else None,
                received=received,
                because=tuple(sorted(because)),
                source=draw(st.none() | st.builds(Source, names, st.integers(1, 999))),
            )
        )
    loops = st.none() | st.integers(0, len(steps))
    return Trace(
        protocol=draw(names),
        sizes=tuple(draw(st.dictionaries(names, st.integers(1, 9), max_size=3)).items()),
        initial=initial,
        steps=tuple(steps),
        violation=draw(st.none() | st.builds(Violation, names, st.none() | names)),
        messages="sent",
        processes=processes,
        digest=draw(st.none() | names),
        faults=tuple(draw(st.dictionaries(names, st.integers(0, 9), max_size=2)).items()),
        loop=draw(loops),
    )
