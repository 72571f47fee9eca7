"""Executable implementations of the consensus protocols: sans-IO state machines and the hosts that run them."""
