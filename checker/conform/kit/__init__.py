"""Tools for writing adapters; imported as `quorate.kit`."""
