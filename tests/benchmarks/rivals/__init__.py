"""The same protocol for other checkers, and how they are built and run.

Lamport's Paxos of `model/paxos.py`, written by hand for each: messages as bits, steps that would
change nothing guarded away. They check agreement alone, on every state; Quorate checks six
invariants.
"""
