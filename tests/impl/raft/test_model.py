"""The server beside its model: each step that one takes, the other takes, with the same effect."""

from __future__ import annotations

from random import Random

import pytest

from quorate.impl import raft as code
from quorate.impl.errors import ProtocolRefusal, SafetyViolation
from quorate.impl.outputs import Persist
from quorate.impl.raft.defects import AlwaysTruncates
from quorate.impl.store import Put, Submission
from quorate.model import raft as model
from quorate.model.language.interpreter import Interpreter

NAMES = ("s0", "s1", "s2")
BOUNDS = {"Server": 3, "Term": 4, "Value": 2, "Index": 3}
ACTIONS = {
    code.RequestVote: "grant",
    code.VoteGranted: "receive_vote",
    code.AppendEntries: "receive_append",
    code.Appended: "receive_ack",
}


class Pair:
    """Three servers, and the model in the same state; both are given each step."""

    def __init__(self, random, sizes, kind=code.Server):
        self.random, self.kind = random, kind
        self.interpreter = Interpreter(model.Raft, sizes)
        self.state = self.interpreter.initial()[0]
        self.names = dict(zip(NAMES, model.Server, strict=True))
        self.terms = [model.Term.zero, *model.Term]
        self.values = list(model.Value)
        self.servers = {name: kind(name, NAMES) for name in NAMES}
        self.disks = dict.fromkeys(NAMES, code.RaftState())
        self.sent = []
        self.taken = dict.fromkeys(self.interpreter.actions, 0)

    def step(self):
        s = self.servers[self.random.choice(NAMES)]
        n, u = self.random.randint(0, len(s.log)), self.random.choice(s.others)
        mine = [message for dst, message in self.sent if dst == s.name]
        recent = mine[-5:] if self.random.random() < 0.8 else mine
        name, v = self.names[s.name], self.random.randrange(len(self.values))
        steps = {
            (lambda: self.receive(s, self.random.choice(recent)) if recent else None): 20,
            (lambda: self.elect(s)): 0.5,
            (lambda: self.both("lead", (name,), s, s.lead)): 5,
            (lambda: self.request(s, v)): 2,
            (lambda: self.both("append", (name, n), s, lambda: s.append(u, n))): 5,
            (lambda: self.both("advance_commit", (name, n), s, lambda: s.advance_commit(n))): 4,
            (lambda: self.restart(s)): 0.3,
        }
        [step] = self.random.choices(list(steps), list(steps.values()))
        step()
        assert self.seen() == self.state[:-1]

    def both(self, action, arguments, s, step):
        """A step that one allows, the other allows."""
        after = self.interpreter.step(self.state, action, arguments)
        try:
            self.carry_out(s, step())
        except ProtocolRefusal:
            assert after is None, f"{s.name} refuses {action}"
            return
        assert after is not None, f"{s.name} takes {action}"
        self.state = after
        self.taken[action] += 1

    def elect(self, s):
        if s.term + 1 < len(self.terms):
            arguments = (self.names[s.name], self.terms[s.term + 1])
            self.both("timeout", arguments, s, s.start_election)

    def request(self, s, v):
        if len(s.log) < BOUNDS["Index"]:
            payload = Submission(s.name, 1, Put("x", str(v)))
            arguments = (self.names[s.name], self.values[v])
            self.both("request", arguments, s, lambda: s.request(payload))

    def receive(self, s, message):
        """The model steps down first, and then does with the message what it allows."""
        if message.term > s.term:
            self.follow("step_down", self.names[s.name], self.terms[message.term])
        if type(message) in ACTIONS:
            self.follow(ACTIONS[type(message)], self.names[s.name], self.as_in_model(message))
        self.carry_out(s, s.receive(message))

    def follow(self, action, *arguments):
        after = self.interpreter.step(self.state, action, arguments)
        self.taken[action] += after is not None
        self.state = self.state if after is None else after
        return after is not None

    def restart(self, s):
        if self.follow("restart", self.names[s.name]):
            self.servers[s.name] = self.kind(s.name, NAMES, state=self.disks[s.name])

    def carry_out(self, s, outputs):
        for output in outputs:
            if isinstance(output, Persist):
                self.disks[s.name] = self.disks[s.name].after(output.record)
            else:
                self.sent.append((output.dst, output.message))

    def seen(self):
        """The state of the servers and all that they sent, as the model has it."""
        servers = list(self.servers.values())
        shown = [self.as_in_model(m) for _, m in self.sent if type(m) in ACTIONS]
        return (
            tuple(self.terms[s.term] for s in servers),
            tuple(self.names.get(s.voted_for) for s in servers),
            tuple(self.entries(s.log) for s in servers),
            tuple(model.Role[s.role.name] for s in servers),
            tuple(frozenset(self.names[v] for v in s.votes) for s in servers),
            frozenset(shown),
            tuple(s.match.get(u, 0) for s in servers for u in NAMES),
            tuple(s.commit for s in servers),
        )

    def entries(self, log):
        return tuple(
            model.Entry(self.terms[e.term], self.values[int(e.payload.command.value)]) for e in log
        )

    def as_in_model(self, message):
        term, name = self.terms[message.term], self.names
        match message:
            case code.RequestVote(_, candidate, length, last):
                return model.RequestVote(term, name[candidate], length, self.terms[last])
            case code.VoteGranted(_, voter, candidate):
                return model.Vote(term, name[voter], name[candidate])
            case code.AppendEntries(_, leader, prefix, last, entries, commit):
                held = self.entries(entries)
                return model.Append(term, name[leader], prefix, self.terms[last], held, commit)
            case code.Appended(_, follower, leader, length):
                return model.Ack(term, name[follower], name[leader], length)


def walk(seed, kind=code.Server, steps=400):
    sizes = model.Raft.sized({"crash": 2}, **BOUNDS)
    with sizes:
        pair = Pair(Random(seed), sizes, kind)
        for _ in range(steps):
            pair.step()
        return pair.taken


def test_code_and_model_take_the_same_steps():
    walks = [walk(seed) for seed in range(4)]
    assert {action for taken in walks for action, n in taken.items() if n} == set(walks[0])


@pytest.mark.exhaustive
def test_code_and_model_take_the_same_steps_at_length():
    for seed in range(8, 60):
        walk(seed, steps=800)


class VotesForAnyLog(code.Server):
    def is_up_to_date(self, message):
        return True


@pytest.mark.parametrize("kind", [VotesForAnyLog, AlwaysTruncates])
def test_a_server_without_a_rule_differs(kind):
    def differs(seed):
        try:
            walk(seed, kind)
        except (AssertionError, SafetyViolation):
            return True
        return False

    assert any(differs(seed) for seed in range(60))
