"""From a trace to an ITF document."""

from __future__ import annotations

import msgspec

from .errors import TraceError
from .itf_schema import (
    ACTION,
    PICKS,
    SCHEMA,
    UNDEFINED_SCHEMA,
    ReceivedMeta,
    StepMeta,
    TraceMeta,
    UndefinedMeta,
)
from .itf_values import NONE, Json, encode
from .trace import Step, Trace, Undefined

_RESERVED = ("#", "mbt::")
_ADDRESS = "https://apalache-mc.org/docs/adr/015adr-trace.html"


def to_document(trace: Trace) -> bytes:
    """The ITF document for `trace`, one line for each state."""
    variables = [str(name) for name in trace.initial]
    _refuse_reserved(variables)
    picks = list(dict.fromkeys(name for step in trace.steps for name, _ in step.args))
    states = [_initial_node(trace, variables, picks)]
    states += [_step_node(i, step, variables, picks) for i, step in trace.numbered()]
    # One line for each state: a change to a trace under version control stays readable.
    head = _json({"#meta": _meta_node(trace), "vars": [*variables, ACTION, PICKS]})
    body = b",\n".join(map(_json, states))
    loop = b"" if trace.loop is None else b',"loop":%d' % trace.loop
    return head[:-1] + b',"states":[\n' + body + b"\n]" + loop + b"}\n"


def _json(node: Json) -> bytes:
    return msgspec.json.encode(node)


def _refuse_reserved(variables: list[str]) -> None:
    for name in variables:
        if name.startswith(_RESERVED):
            raise TraceError(
                None, "initial", f"a variable {name!r}", "no name that starts with # or mbt::"
            )


def _meta_node(trace: Trace) -> Json:
    quorate = TraceMeta(
        schema=SCHEMA if trace.undefined is None else UNDEFINED_SCHEMA,
        protocol=trace.protocol,
        sizes=dict(trace.sizes),
        violation=trace.violation,
        messages=trace.messages,
        processes=trace.processes,
        digest=trace.digest,
        faults=dict(trace.faults),
        undefined=_undefined_meta(trace.undefined),
        departure=trace.departure,
        notes=trace.notes,
    )
    return {"format": "ITF", "format-description": _ADDRESS, "quorate": quorate}


def _undefined_meta(undefined: Undefined | None) -> UndefinedMeta | None:
    if undefined is None:
        return None
    step = undefined.step
    return UndefinedMeta(
        kind=undefined.kind,
        name=step.action,
        args={name: encode(value) for name, value in step.args},
        what=undefined.what,
        node=step.node,
        received=_received(step),
        because=step.because,
        source=step.source,
        excerpt=undefined.excerpt,
    )


def _received(step: Step) -> tuple[ReceivedMeta, ...]:
    return tuple(ReceivedMeta(encode(r.message), r.step) for r in step.received)


def _initial_node(trace: Trace, variables: list[str], picks: list[str]) -> Json:
    return {
        "#meta": {"index": 0},
        **{name: encode(trace.initial[name]) for name in variables},
        ACTION: "init",
        PICKS: dict.fromkeys(picks, NONE),
    }


def _step_node(number: int, step: Step, variables: list[str], picks: list[str]) -> Json:
    meta = StepMeta(
        index=number,
        node=step.node,
        received=_received(step),
        because=step.because,
        source=step.source,
    )
    return {
        "#meta": meta,
        **{name: encode(step.state[name]) for name in variables},
        ACTION: step.action,
        PICKS: _encode_picks(step, picks),
    }


def _encode_picks(step: Step, picks: list[str]) -> Json:
    # Every name in every state, as Quint has it; the step's own come first, in
    # their order, because a reader has no other way to learn that order.
    own = {name: {"tag": "Some", "value": encode(value)} for name, value in step.args}
    return own | {name: NONE for name in picks if name not in own}
