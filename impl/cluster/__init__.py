"""Nodes as processes, and whole clusters of them."""
