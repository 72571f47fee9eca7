"""The two intermediate representations, surface and core, and how one is lowered to the other."""
