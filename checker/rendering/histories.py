"""What became of a history, for people and for programs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from quorate.checker.conform.histories.checking import HistoryVerdict, Judged, OneObject
from quorate.checker.conform.histories.operation import Operation, shown

from .output import Output, plain_text
from .words import count, shortened

MOST_ROWS = 12
MOST_STATES = 6
MOST_TEXT = 32
WIDEST_BARS = 48


def finding_line(judged: Judged) -> str | None:
    """Why the history is not linearizable, in one line; None if that was not found."""
    one = judged.worst
    if one is None or one.stuck is None:
        return None
    stuck = one.stuck
    return f"{stuck.place}: no order explains {stuck} by process {stuck.process}{_on(one.key)}"


def _on(key: Hashable) -> str:
    return "" if key is None else f" on {shown(key)}"


def report(out: Output, judged: Judged) -> None:
    """The outcome for a history."""
    operations = count(len(judged.history.operations), "operation")
    keyed = [one for one in judged.objects if one.key is not None]
    objects = f" on {count(len(judged.objects), 'object')}" if keyed else ""
    match judged.verdict:
        case HistoryVerdict.LINEARIZABLE:
            out.line(f"linearizable: {operations}{objects}", "ok")
        case HistoryVerdict.NOT_LINEARIZABLE:
            out.line(f"not linearizable: {finding_line(judged)}", "bad")
        case HistoryVerdict.UNKNOWN:
            out.line(f"unknown: {_reason(judged)}", "warn")
    unknown = len(judged.history.operations) - judged.returned
    if unknown:
        out.line(f"{count(unknown, 'operation')} with unknown outcome", indent=1)
    if judged.history.failed:
        failed = count(judged.history.failed, "operation")
        out.line(f"{failed} that failed, and did not happen, left out", indent=1)
    if judged.worst is not None:
        _explain(out, judged, judged.worst)


def _reason(judged: Judged) -> str:
    open_ = [one for one in judged.objects if one.verdict is HistoryVerdict.UNKNOWN]
    if not open_:
        return "no operation returned, so nothing was observed"
    more = f" and {len(open_) - 1} more" if len(open_) > 1 else ""
    where = f"{_on(open_[0].key)}{more}"
    return f"gave up after {count(judged.most, 'configuration')}{where} (--configurations)"


def _explain(out: Output, judged: Judged, one: OneObject) -> None:
    stuck = one.stuck
    assert stuck is not None
    wrong = [o for o in judged.objects if o.verdict is HistoryVerdict.NOT_LINEARIZABLE]
    if len(judged.objects) > 1:
        all_ = count(len(judged.objects), "object")
        out.line(f"{len(wrong)} of {all_} are not linearizable; this was the first", indent=1)
    explained = sum(o.last is not None and o.last < (stuck.last or 0) for o in one.operations)
    states = [judged.specification.describe(state) for state in one.searched.states]
    listed = " or ".join(shortened(s, MOST_TEXT) for s in states[:MOST_STATES])
    more = f" or {len(states) - MOST_STATES:,} more" if len(states) > MOST_STATES else ""
    out.line(
        f"the {count(explained, 'operation')} that ended before{_on(one.key)} can be explained, "
        "and leave",
        indent=1,
    )
    out.line(f"{listed}{more}", indent=2)
    out.line()
    _bars(out, one.operations, stuck)


def picture(judged: Judged) -> str | None:
    """The operations around the one that fits nowhere, over time; None if there is none."""
    one = judged.worst
    if one is None or one.stuck is None:
        return None
    stuck = one.stuck
    return plain_text(lambda out: _bars(out, one.operations, stuck))


def _bars(out: Output, operations: Sequence[Operation], stuck: Operation) -> None:
    """The operations around one, over time."""
    now = stuck.ended or 0
    near = [o for o in operations if o.begun < now and (o.ended is None or o.ended > stuck.begun)]
    rest = [o for o in operations if o.begun < now and o not in near]
    near = [o for o in near if o is not stuck]
    room = MOST_ROWS - 1
    if len(near) > room:
        near = sorted(near, key=lambda o: (o.ended is None, -o.begun))[:room]
    rest = sorted(rest, key=lambda o: o.ended or 0)[len(rest) - max(0, room - len(near)) :]
    rows = sorted([*near, *rest, stuck], key=lambda o: o.begun)
    if len(rows) < sum(o.begun < now for o in operations):
        out.line("…", indent=1)
    times = sorted({o.begun for o in rows} | {o.ended for o in rows if o.ended and o.ended <= now})
    at = {time: i * min(3, max(1, WIDEST_BARS // len(times))) for i, time in enumerate(times)}
    end = max(at.values())
    who = max(len(o.process) for o in rows)
    what = max(len(shortened(str(o), MOST_TEXT)) for o in rows)
    for o in rows:
        start, stop = at[o.begun], at.get(o.ended or -1)
        line = "├" + "─" * ((end if stop is None else stop) - start - 1)
        bar = " " * start + line + ("┤" if stop is not None else "╌ ?" if o.ended is None else "╌")
        text = f"{o.process:>{who}}  {shortened(str(o), MOST_TEXT):<{what}}  {bar}"
        out.line(text.rstrip(), "bad" if o is stuck else "", 0 if o is stuck else 1)


# ---------------------------------------------------------------- JSON


def as_json(judged: Judged) -> dict[str, Any]:
    """The outcome as plain data."""
    worst = judged.worst
    return {
        "file": judged.history.file,
        "specification": type(judged.specification).__name__,
        "verdict": judged.verdict.value,
        "reason": _reason(judged) if judged.verdict is HistoryVerdict.UNKNOWN else None,
        "operations": len(judged.history.operations),
        "returned": judged.returned,
        "failed": judged.history.failed,
        "failure": worst and _failure(judged, worst),
        "objects": [_object(one) for one in judged.objects],
    }


def _failure(judged: Judged, one: OneObject) -> dict[str, Any]:
    stuck = one.stuck
    assert stuck is not None
    return {
        "key": one.key,
        **_operation(stuck),
        "states": [judged.specification.describe(state) for state in one.searched.states],
    }


def _object(one: OneObject) -> dict[str, Any]:
    return {
        "key": one.key,
        "operations": len(one.operations),
        "verdict": one.verdict.value,
        "configurations": one.searched.spent,
        "order": [_operation(one.operations[number]) for number in one.searched.order],
    }


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "process": operation.process,
        "call": operation.call,
        "argument": operation.argument,
        "result": operation.result if operation.known else None,
        "known": operation.known,
        "line": operation.line,
        "last": operation.last,
    }
