"""The lock service with clocks that advance on their own: no process decides on that."""
from quorate.model.language import action, require
from lease import *
from lease import SKEW


class Clocks(Lease):
    @action(by="environment")
    def tick(self):
        require(all(self.now < self.clock[c] + SKEW for c in Client))
        require(any(t == self.now + 1 for t in Time))
        self.now = self.now + 1

    @action(by="environment")
    def tick_client(self, c: Client):
        require(self.clock[c] < self.now + SKEW)
        require(any(t == self.clock[c] + 1 for t in Time))
        self.clock[c] = self.clock[c] + 1
