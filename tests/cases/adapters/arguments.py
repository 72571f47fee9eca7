"""An adapter with arguments, which it shows where a refusal is shown."""

from quorate.kit import Refusal


class Told:
    def __init__(self, first, *, second="two"):
        self.told = (first, second)

    def start(self, setting):
        pass

    def perform(self, action, args):
        raise Refusal(f"told {self.told}")

    def observe(self):
        return {}
