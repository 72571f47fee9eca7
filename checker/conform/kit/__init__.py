"""What adapters need besides their three methods; imported as `quorate.kit`."""
