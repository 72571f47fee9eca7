"""Where the states found are kept: in memory, in sorted runs on disk, in checkpoints."""
