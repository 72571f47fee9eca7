"""The table, the space-time diagram and the Mermaid source of a trace."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.traces import (
    FrozenMap,
    Step,
    Trace,
    Violation,
    read_itf,
    render_mermaid,
    render_spacetime,
    render_table,
    show,
)
from quorate.traces.ascii import to_ascii

from . import samples
from .strategies import traces

DATA = Path(__file__).parent / "data"
GOLDEN = {
    "eight_steps.table.txt": lambda: render_table(samples.eight_steps(), 110),
    "eight_steps.narrow.txt": lambda: render_table(samples.eight_steps(), 40),
    "eight_steps.spacetime.txt": lambda: render_spacetime(samples.eight_steps(), 100),
    "eight_steps.ascii.txt": lambda: render_spacetime(samples.eight_steps(), 100, ascii=True),
    "eight_steps.mermaid.txt": lambda: render_mermaid(samples.eight_steps()),
    "forgotten_promise.spacetime.txt": lambda: render_spacetime(samples.forgotten_promise(), 100),
    "eight_processes.spacetime.txt": lambda: render_spacetime(samples.eight_processes(), 100),
    "eight_processes.narrow.txt": lambda: render_spacetime(samples.eight_processes(), 66),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name: str) -> None:
    path, text = DATA / name, GOLDEN[name]()
    if os.environ.get("QUORATE_REWRITE_GOLDEN") == "1":
        path.write_text(text)
    assert text == path.read_text()


def test_every_change_is_in_the_table_once() -> None:
    trace = samples.eight_steps()
    text = render_table(trace, 140)
    assert "max_bal[a0]: never → b1" in text
    for number, _ in trace.numbered():
        for change in trace.changes(number):
            assert text.count(str(change)) == 1
        for message in trace.sent(number):
            assert text.count(show(message)) == 1


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("width", [40, 47, 60, 83, 84, 100, 200])
def test_no_width_loses_anything(width: int) -> None:
    trace = samples.eight_steps()
    text = render_table(trace, width)
    assert max(map(len, text.splitlines())) <= width
    words = {word for step in trace.steps for word in step.title().split(" ")}
    words |= {word for i in range(1, 9) for m in trace.sent(i) for word in show(m).split(" ")}
    words |= {change.place for i in range(1, 9) for change in trace.changes(i)}
    assert all(squeezed(word) in squeezed(text) for word in words)


def test_a_long_word_is_folded_and_not_cut() -> None:
    name = "x" * 150
    trace = Trace("m:P", (), FrozenMap({name: 0}), (Step("a" * 90, (), FrozenMap({name: 1})),))
    for width in (40, 84):
        text = squeezed(render_table(trace, width))
        assert text.count("x") == 300 and text.count("a" * 1) >= 90


@given(traces(), st.integers(40, 130), st.booleans())
def test_any_trace_can_be_shown(trace: Trace, width: int, plain: bool) -> None:
    assert max(map(len, render_table(trace, width).splitlines())) <= 130
    diagram = render_spacetime(trace, width, ascii=plain)
    assert not plain or diagram.isascii()
    assert len(diagram.splitlines()) > len(trace.steps)
    assert render_mermaid(trace).startswith("sequenceDiagram\n")


def test_an_arrow_leads_from_the_sender_to_the_receiver() -> None:
    # One message at a time, so that every horizontal belongs to one arrow.
    lines = render_spacetime(samples.eight_steps(), 100).splitlines()
    column = {name: lines[0].index(name) for name in ("—", "a0", "a1", "a2")}
    row = {line.split()[0]: line for line in lines if line[:1].isdigit()}
    assert row["3"][column["a0"]] == "●" and row["3"][column["a0"] - 1] == "▶"
    assert row["4"][column["—"]] == "●" and row["4"][column["—"] + 1] == "◀"
    assert row["8"][column["a1"] + 2] == "╳" and "Accepted" in row["8"]


def test_eight_processes_fit_into_a_hundred_columns() -> None:
    for width in (66, 80, 100):
        text = render_spacetime(samples.eight_processes(), width)
        assert max(map(len, text.splitlines())) <= width


def test_without_processes_there_is_one_column() -> None:
    trace = samples.forgotten_promise()
    steps = tuple(replace(step, node=None) for step in trace.steps)
    lines = render_spacetime(replace(trace, processes=(), steps=steps), 80).splitlines()
    assert lines[0].split() == ["#", "action", "—"]


def test_traces_of_other_tools_are_shown() -> None:
    trace = read_itf(DATA / "quint.itf.json")
    text = render_table(trace, 100)
    assert "because of" not in text and "sent" not in text
    assert "maxBal[a0]: -1 → 1" in text
    assert "promise(a0, 1)" in render_spacetime(trace, 80)
    assert "Note over p0: 2 promise(a0, 1)" in render_mermaid(trace)


def test_a_trace_without_steps() -> None:
    trace = Trace("m:P", (), FrozenMap({"x": 1}), (), Violation("start"))
    assert render_table(trace, 60).splitlines() == [
        "m:P",
        "initially x: 1",
        "no steps",
        "",
        "✗ start is violated",
    ]
    assert render_spacetime(trace, 60).splitlines()[-1] == "✗ start is violated"


def test_mermaid_is_not_taken_in_by_names() -> None:
    step = Step("end", (("x", "a;b#c\nd"), ("y", "%%<b>")), FrozenMap(), node="end")
    trace = Trace("m:P", (), FrozenMap(), (step,), Violation("safe", "in the end\nlost"))
    assert render_mermaid(trace).splitlines() == [
        "sequenceDiagram",
        "    participant p0 as e#110;d",
        "    Note over p0: 1 e#110;d('a#59;b#35;c\\nd', #37;#37;#60;b#62;)",
        "    Note over p0: ✗ safe is violated: in the e#110;d<br/>lost",
    ]


def test_mermaid_has_the_loop_of_a_run_in_a_block() -> None:
    run = replace(samples.eight_steps(), violation=None, loop=6)
    lines = [line.strip() for line in render_mermaid(run).splitlines()]
    start = lines.index("loop for ever")
    assert lines[start - 1].startswith("p1-xp1: Accepted(")
    assert lines[start + 2] == "Note over p0: 7 phase2a(b2, v1, {a1})"
    assert lines[-2:] == [
        "end",
        "Note over p0,p3: the run goes on for ever: it repeats from the state after step 6 on",
    ]
    assert "loop" not in render_mermaid(replace(run, loop=8))


def test_mermaid_leaves_out_what_is_too_large() -> None:
    run = samples.eight_steps()
    full = render_mermaid(run)
    brief = render_mermaid(run, len(full) - 1)
    assert "<br/>" in full and "<br/>" not in brief
    assert "1 phase1a(b1)" in brief and "left out" not in brief
    short = render_mermaid(run, len(brief) - 1)
    assert len(short) < len(brief)
    left = re.search(r"Note over p0,p3: steps 1 to (\d) are left out: the diagram", short)
    assert left and f": {left[1]} phase" not in short and f": {int(left[1]) + 1} phase" in short
    assert "agreement is violated" in short
    assert "steps 1 to 8 are left out" in render_mermaid(run, 0)


def test_importing_is_cheap() -> None:
    code = "import sys, quorate.traces; print(sorted({'rich', 'hypothesis'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("✗ x is violated", "FAIL x is violated"),
        ("a → b", "a -> b"),
        ("x: a → b     sent", "x: a -> b    sent"),
        ("x: a → b → c   sent → d    y", "x: a -> b -> c sent -> d   y"),
        ("größe     é\nz     é", "gr\\xf6\\xdfe \\xe9\nz     \\xe9"),
        ("│  ● ─╮   »", "|  * -+   ~"),
        ("漢   |\ud800", "\\u6f22 |\\ud800"),
        ("no Promise(a=a2, …) was sent, cut la…", "no Promise(a=a2, ...) was sent, cut la~"),
    ],
)
def test_ascii_keeps_columns(text: str, shown: str) -> None:
    assert to_ascii(text) == shown


def test_a_table_in_ascii_has_its_columns() -> None:
    table = render_table(samples.eight_steps(), 120)
    plain = to_ascii(table)
    assert plain.isascii()
    for line, other in zip(table.splitlines(), plain.splitlines(), strict=True):
        if "→" in line and "Accepted(" in line:
            assert line.index("Accepted(") == other.index("Accepted(")


def test_a_caret_is_below_what_it_was_below() -> None:
    source = "13 |   x = 'éé→' + y + z\n   |               ^^^^^ não"
    line, caret = to_ascii(source).splitlines()
    assert line == r"13 |   x = '\xe9\xe9->' + y + z"
    start = line.index("y + z")
    assert caret == f"   |{' ' * (start - 4)}^^^^^ n\\xe3o"
    assert to_ascii("1 | 'é' + é\n  | ^^^^^^^").splitlines()[1] == "  | ^^^^^^^^^^^^^"
