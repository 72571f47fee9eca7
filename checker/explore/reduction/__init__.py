"""Fewer states or smaller ones, exactly: symmetry, stubborn sets, derived variables."""
