"""Leader leases (Gray and Cheriton 1989; Ongaro 2014, §6.4.1): a role, its defects, a simulator."""

from .messages import Ask, Grant, LeaseRecord, Term
from .node import LeaseNode, Wait

__all__ = ["Ask", "Grant", "LeaseNode", "LeaseRecord", "Term", "Wait"]
