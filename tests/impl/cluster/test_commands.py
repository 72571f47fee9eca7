"""What is typed, parsed: each command, and one clear error for everything else."""

from __future__ import annotations

import pytest

from quorate.impl.cluster.commands import (
    USAGE,
    Heal,
    Help,
    KillNode,
    Part,
    Pause,
    Quit,
    Reconfigure,
    RestartNode,
    ShowStatus,
    Submit,
    Transfer,
    parse,
)
from quorate.impl.errors import ConfigError
from quorate.impl.store import CompareAndSet, Delete, Get, Put

NODES = ("n0", "n1", "n2", "n3", "n4")

UNDERSTOOD = {
    "put x 1": Submit(Put("x", "1")),
    "put 'a key' \"a value\"  # and why": Submit(Put("a key", "a value")),
    "get x": Submit(Get("x")),
    "cas x 1 2": Submit(CompareAndSet("x", "1", "2")),
    "cas x - 2": Submit(CompareAndSet("x", None, "2")),
    "delete x": Submit(Delete("x")),
    "status": ShowStatus(),
    "kill n1": KillNode("n1"),
    "kill leader": KillNode("leader"),
    "restart 4": RestartNode("n4"),
    "partition 0 n1 / 2": Part((("n0", "n1"), ("n2",))),
    "partition leader": Part((("leader",),)),
    "heal": Heal(),
    "members 0 n1 2": Reconfigure(("n0", "n1", "n2")),
    "transfer n2": Transfer("n2"),
    "wait 0.5": Pause(0.5),
    "help": Help(),
    "quit": Quit(),
    "": None,
    "   # nothing": None,
}


@pytest.mark.parametrize("line", UNDERSTOOD)
def test_a_line_is_understood(line):
    assert parse(line, NODES) == UNDERSTOOD[line]


def test_every_command_is_tried():
    assert {line.split()[0] for line in UNDERSTOOD if line.strip()} == {*USAGE, "#"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("putt x 1", "found 'putt', expected one of put, get, cas, delete, status, kill"),
        ("put x", "put: found x, expected KEY VALUE"),
        ("get", "get: found nothing, expected KEY"),
        ("status now", "status: found now, expected nothing"),
        ("put 'x 1", r"found \"put 'x 1\": no closing quotation"),
        ("kill n5", "found 'n5', expected n0, n1, n2, n3, n4 or leader"),
        ("kill", "kill: found nothing, expected NODE, or leader"),
        ("partition", "partition: found nothing, expected NODE"),
        ("partition / /", "partition: found / /, expected NODE"),
        ("partition 0 / n0", "partition: found n0 twice, expected each node once"),
        ("members 1 / n1", "found '/', expected n0"),
        ("members 1 n1", "members: found n1 twice, expected each node once"),
        ("members", "members: found nothing, expected NODE ..."),
        ("wait long", "wait: found long, expected SECONDS"),
        ("wait nan", "wait: found nan, expected SECONDS"),
        ("wait -1", "wait: found -1, expected SECONDS"),
        (f"put x {'v' * 70_000}", "70000 bytes is above the limit of 65536"),
        ("put x \udc80", "must be Unicode"),
    ],
)
def test_what_makes_no_sense_is_one_error(line, why):
    with pytest.raises(ConfigError, match=why):
        parse(line, NODES)
