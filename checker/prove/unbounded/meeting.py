"""Whether the quorums meet, which the proofs take for granted: proved for any size where it can be.

For systems that no argument covers at every size it is proved for the sizes looked at; the proof
then says "wherever they meet".
"""

from __future__ import annotations

from quorate.checker.prove.quorums import QuorumProof, pairs, prove_quorums
from quorate.model.language import SizeError
from quorate.model.language.protocol import LARGEST_SIZE, Protocol


def proved_systems(protocol: type[Protocol]) -> tuple[QuorumProof, ...]:
    """What is proved of each pair of systems. Raises SizeError if no size fits."""
    if not pairs(protocol):
        return ()
    names = {left.of.__name__ for left, _ in pairs(protocol)}
    for n in (*range(3, LARGEST_SIZE + 1), 1, 2):
        try:
            return tuple(prove_quorums(protocol, dict.fromkeys(names, n)))
        except SizeError as error:
            last = error
    raise last


def assumed_systems(proofs: tuple[QuorumProof, ...]) -> tuple[str, ...]:
    """The statements that are proved for some sizes only."""
    anywhere = {p.statement for p in proofs if p.holds and p.every}
    return tuple(dict.fromkeys(p.statement for p in proofs if p.statement not in anywhere))
