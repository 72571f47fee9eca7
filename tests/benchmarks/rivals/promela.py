"""Lamport's Paxos in Promela: one process, its steps unrolled, message sets packed into integers.

A promise of acceptor a in ballot b is a code: 0 absent, 1 without a vote, else the vote's ballot
and value. Ballots count from 1, values from 0; 0 and 255 stand for "never" and "none".
"""

from __future__ import annotations

from itertools import combinations

HEADER = """\
byte max_bal[{A}]; byte max_vbal[{A}]; byte max_val[{A}];
unsigned prepare : {prepare};
{fields}
#define AGREEMENT {agreement}
active proctype paxos() {{
  do
"""


def promela(acceptors: int, ballots: int, values: int) -> str:
    """The model at these sizes; every step leads back to the head of the loop."""
    A, B, V = range(acceptors), range(1, ballots + 1), range(values)
    quorums = list(combinations(A, acceptors // 2 + 1))
    code = (1 + (ballots - 1) * values).bit_length()
    fields = [f"unsigned accept{b} : {values.bit_length()};" for b in B]
    fields += [f"unsigned promise{a}_{b} : {code};" for a in A for b in B]
    fields += [f"bit vote{a}_{b}_{v};" for a in A for b in B for v in V]
    both = [
        f"(({_chosen(quorums, B, v)}) && ({_chosen(quorums, B, w)}))" for v, w in combinations(V, 2)
    ]
    text = [
        HEADER.format(
            A=acceptors,
            prepare=ballots + 1,
            fields="\n".join(fields),
            agreement=f"!({' || '.join(both) or 'false'})",
        )
    ]

    def step(guard: str, effects: str) -> None:
        text.append(f"  :: d_step {{ {guard} -> {effects} }}\n")

    for b in B:
        step(f"!(prepare & {1 << b})", f"prepare = prepare | {1 << b}")
        for a in A:
            vote = f"(max_vbal[{a}] == 0 -> 1 : 2 + (max_vbal[{a}] - 1) * {values} + max_val[{a}])"
            step(
                f"(prepare & {1 << b}) && max_bal[{a}] < {b}",
                f"promise{a}_{b} = {vote}; max_bal[{a}] = {b}",
            )
        for v in V:
            options = [_may_propose(q, b, v, values) for q in quorums]
            step(f"accept{b} == 0 && ({' || '.join(options)})", f"accept{b} = {v + 1}")
            for a in A:
                step(
                    f"accept{b} == {v + 1} && max_bal[{a}] <= {b} && !vote{a}_{b}_{v}",
                    f"vote{a}_{b}_{v} = 1; max_bal[{a}] = {b}; "
                    f"max_vbal[{a}] = {b}; max_val[{a}] = {v}; assert(AGREEMENT)",
                )
    text.append("  od\n}\n")
    return "".join(text)


def _may_propose(quorum: tuple[int, ...], b: int, v: int, values: int) -> str:
    """All of the quorum promised b, none with a vote or one of the latest votes is for v."""
    promised = [f"promise{a}_{b}" for a in quorum]
    silent = " && ".join(f"{p} == 1" for p in promised)
    ways = [f"({silent})"]
    for c in range(1, b):
        code = 2 + (c - 1) * values + v
        highest = 2 + c * values
        some = " || ".join(f"{p} == {code}" for p in promised)
        all_earlier = " && ".join(f"{p} > 0 && {p} < {highest}" for p in promised)
        ways.append(f"(({some}) && {all_earlier})")
    return "(" + " || ".join(ways) + ")"


def _chosen(quorums: list[tuple[int, ...]], ballots: range, v: int) -> str:
    return " || ".join(
        "(" + " && ".join(f"vote{a}_{b}_{v}" for a in q) + ")" for q in quorums for b in ballots
    )
