"""Mutants of the ABD register. Each class overrides the one rule that its bug breaks."""

from quorate.model.abd import Abd, Phase
from quorate.model.language import define

from .registry import Mutant


class ReadsOnce(Abd):
    @define
    def after_reading(self) -> Phase:
        return Phase.DONE


MUTANTS = (
    Mutant(
        name="reads-once",
        code="A1",
        title="A read ends before a majority has what it returns: a later one finds less.",
        protocol=ReadsOnce,
        violates="nothing_precedes_an_initial_read",
        steps=13,
        sizes={"Server": 3, "Client": 3, "Number": 1},
        reference="quorum reads without read repair; Attiya, Bar-Noy, Dolev 1995: readers write",
    ),
)
