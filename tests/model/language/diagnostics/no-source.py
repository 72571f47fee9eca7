from quorate.model.language import Map, Ordered, Protocol, Sort, action, durable


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


SOURCE = """
@action
def phase1b(self, a: Acceptor, b: Ballot) -> None:
    self.max_bal[a] = b
"""
made = {"action": action, "Acceptor": Acceptor, "Ballot": Ballot}
exec(compile(SOURCE, "generated.py", "exec"), made)


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    phase1b = made["phase1b"]
