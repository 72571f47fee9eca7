"""From the Python source of a protocol class to the surface IR; every mistake is explained."""
