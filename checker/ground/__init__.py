"""A protocol at given sizes: everything unrolled into scalars that fit machine words."""
