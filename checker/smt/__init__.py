"""Z3 over the ground form: the cells of a state, ground formulas, and sets of states."""
