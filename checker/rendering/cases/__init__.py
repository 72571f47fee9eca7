"""Results as cases, for the reports that other tools read: what was asked, and how it ended."""
