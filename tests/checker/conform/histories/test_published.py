"""Histories of etcd 2.0 that Jepsen recorded, reads without quorum: 23 are linearizable, 79 not.

`etcd.txt` has one a line: its number, what Porcupine finds of it, and its events, each a process,
how the event begins or ends an operation (`(` invoke, `)` ok, `!` fail, `?` info), and the
operation: r, w or c, with its value, `-` where there is none. They were published with ahorn's
linearizability-checker and with Porcupine (github.com/anishathalye/porcupine, MIT licence).
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import quorate
from quorate.checker.conform.histories.checking import HistoryVerdict, judge
from quorate.checker.conform.histories.reading import read_history
from quorate.checker.conform.histories.specification import Register

PUBLISHED = Path(__file__).with_name("etcd.txt").read_text().splitlines()
EVENT = re.compile(r"(\d+)([(?!)])([rwc])(.*)")
CALLS = {"r": "read", "w": "write", "c": "cas"}
TYPES = {"(": "invoke", ")": "ok", "!": "fail", "?": "info"}


def as_json(events: list[str]) -> str:
    """The events as JSON lines. A cas that failed is known to have seen another value."""
    lines = []
    for event in events:
        match = EVENT.fullmatch(event)
        assert match is not None
        process, sign, letter, text = match.groups()
        kind, call = TYPES[sign], CALLS[letter]
        value = [int(x) for x in text.split(",")] if text not in ("", "-") else None
        said = value if value is None or call == "cas" else value[0]
        if call == "cas" and kind in ("ok", "fail"):
            said, kind = kind == "ok", "ok"
        lines.append(json.dumps({"process": process, "type": kind, "f": call, "value": said}))
    return "\n".join(lines)


def test_every_published_history_is_judged_as_porcupine_judges_it(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    found = {}
    for line in PUBLISHED:
        number, expected, *events = line.split()
        path.write_text(as_json(events))
        judged = judge(read_history(path, Register.calls), Register())
        good = judged.verdict is HistoryVerdict.LINEARIZABLE
        assert good == (expected == "good"), number
        found[number] = good
    assert (sum(found.values()), len(found)) == (23, 102)


def test_the_first_end_that_nothing_explains_is_named(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text(as_json(PUBLISHED[0].split()[2:]))
    result = quorate.linearize(path)
    assert not result.holds
    assert result.violation is not None
    lines = path.read_text().splitlines()
    stuck = result.to_json()["failure"]
    assert json.loads(lines[stuck["last"] - 1])["type"] == "ok"
    # up to there it can be explained
    path.write_text("\n".join(lines[: stuck["last"] - 1]))
    assert quorate.linearize(path).holds
