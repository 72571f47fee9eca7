"""What the tests of several verbs use: sizes, a broken Paxos, the schema of the JSON output."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

import quorate.checker.rendering

SMALL = ["-s", "Acceptor=3,Ballot=2,Value=2"]

HASTY = """\
from quorate.model.language import action, require
from quorate.model.paxos import Accept, Ballot, Paxos, Promise, Quorum, Value


class HastyPaxos(Paxos):
    @action
    def phase2a(self, b: Ballot, v: Value, q: Quorum) -> None:
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        self.sent.add(Accept(b, v))
"""

SCHEMA = json.loads(
    (Path(quorate.checker.rendering.__file__).parent / "quorate.schema.json").read_text()
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
