"""Mutants of a protocol, made by operators: do its properties notice that it was changed?"""

from .building import ALL_OPERATORS
from .mutating import MutantsTried, mutate
from .results import Killer, MutantFate, Mutation, Trial

__all__ = ["ALL_OPERATORS", "Killer", "MutantFate", "MutantsTried", "Mutation", "Trial", "mutate"]
