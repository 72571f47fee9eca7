"""Reading a protocol class: Python source to the surface IR, with every mistake explained."""
