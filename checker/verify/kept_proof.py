"""Proofs for any size of protocols that come with Quorate, kept between runs.

Such a proof depends on the protocol and on the prover, which are both code of Quorate's, and on the
versions of Python and of the libraries. The name that it is kept under stands for all of that.
"""

from __future__ import annotations

import pickle
from dataclasses import replace

from quorate.checker.deciding import deciding, quorate
from quorate.checker.explore.codegen import cache
from quorate.checker.loading import name_of
from quorate.checker.prove.unbounded import Proof, prove_unbounded
from quorate.model.language import Protocol
from quorate.model.language.description import describe
from quorate.model.language.digest import digest


def prove_without_refuting(protocol: type[Protocol]) -> Proof:
    """The proof; what is not proved is not looked for at small sizes."""
    return prove_unbounded(protocol, refute=False)


def proof_of(protocol: type[Protocol]) -> Proof:
    """The proof of a bundled protocol: that of an earlier run if it succeeded, else a new one."""
    parts = (name_of(protocol), digest(describe(protocol)), quorate(), *deciding())
    name = f"proof-{cache.name_of('proof', *parts)}"
    kept = cache.kept(name)
    if kept is not None:
        found: Proof = pickle.loads(kept)
        return replace(found, kept=True)
    found = prove_without_refuting(protocol)
    if found.proved:
        cache.keep(name, pickle.dumps(found))
    return found
