"""What the author of a protocol writes with: sorts, values, variables, quorum systems."""
