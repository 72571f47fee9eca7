"""Mutants of viewstamped replication. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import action, define, require
from quorate.model.viewstamped_replication import (
    DoViewChange,
    GetState,
    Prepare,
    Replica,
    Status,
    ViewstampedReplication,
)

from .registry import Mutant


class ForgetsWhenBehind(ViewstampedReplication):
    @action
    def fall_behind(self, r: Replica, m: Prepare) -> None:
        require(self.view[r] < m.v)
        self.view[r] = m.v
        self.status[r] = Status.NORMAL
        self.normal[r] = m.v
        self.log[r] = self.log[r][: self.commit[r]]
        self.sent.add(GetState(m.v, r))


class LongestLog(ViewstampedReplication):
    @define
    def is_as_good(self, m: DoViewChange, n: DoViewChange) -> bool:
        return len(n.log) <= len(m.log)


_SIZES = {"Replica": 3, "Value": 1, "View": 2, "Index": 2}

MUTANTS = (
    Mutant(
        name="forgets-when-behind",
        code="V1",
        title="A replica that missed a change of view cuts its log back to what it executed.",
        protocol=ForgetsWhenBehind,
        violates="executed_requests_survive",
        steps=15,
        sizes=_SIZES,
        reference="the paper itself, §5.2; found by Vanlightly, github.com/Vanlightly/vsr-tlaplus",
    ),
    Mutant(
        name="longest-log",
        code="V2",
        title="A new primary takes the longest log, of whichever view.",
        protocol=LongestLog,
        violates="executed_requests_survive",
        steps=15,
        sizes={**_SIZES, "Value": 2, "Index": 1},
        reference="the rule of §4.2, step 3, left out; as in Cjen1/OCons PR 21",
    ),
)
