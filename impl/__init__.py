"""Consensus protocols that run: sans-IO roles, and the hosts that run them."""
