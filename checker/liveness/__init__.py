"""Properties of runs, decided on the graph of all states."""
