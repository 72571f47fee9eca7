"""Mutants of the lock service. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import define
from quorate.model.lease_lock import LeaseLock, Token

from .registry import Mutant


class NoFence(LeaseLock):
    @define
    def is_current(self, k: Token) -> bool:
        return True


class NoMargin(LeaseLock):
    @define
    def has_ended(self) -> bool:
        return self.expires <= self.now


SIZES = {"Client": 2, "Time": 6, "Token": 2, "Position": 2}

MUTANTS = (
    Mutant(
        name="no-fence",
        code="K1",
        title="The store does not compare tokens: a write of an old lease arrives late.",
        protocol=NoFence,
        violates="tokens_never_go_back",
        steps=18,
        sizes=SIZES,
        reference="Burrows 2006, §2.4: what sequencers are for",
    ),
    Mutant(
        name="no-margin",
        code="K2",
        title="The service grants again when its own clock says so, without the skew.",
        protocol=NoMargin,
        violates="one_holder",
        steps=8,
        sizes=SIZES,
        reference="Gray and Cheriton 1989, §2",
    ),
)
