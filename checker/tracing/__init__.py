"""What a user sees: traces from paths, summaries, progress."""
