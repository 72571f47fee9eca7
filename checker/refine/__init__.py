"""Refinement: whether every step of one protocol is a step, or no step, of a more abstract one."""
