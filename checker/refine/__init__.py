"""Refinement: whether every step of one protocol is a step, or none, of a simpler one."""
