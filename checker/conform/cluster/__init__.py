"""Running clusters under faults: real processes, a network that misbehaves, `kill -9`."""
