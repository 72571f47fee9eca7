"""What became of a run, for the tools of continuous integration: SARIF, JUnit, GitHub."""
