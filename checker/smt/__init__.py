"""Ground formulas in Z3: the cells of a state, formulas over them, and sets of states."""
