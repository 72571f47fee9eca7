"""Traces from the paths that engines find, with causes and witnesses."""
