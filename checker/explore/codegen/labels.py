"""The label of a successor: 32 bits that `successors` writes beside its words."""

UNDEFINED_STEP = 1 << 31  # the step is undefined: an expression in it is
INSTANCE = UNDEFINED_STEP - 1  # the other bits: the number of an action instance that leads there
NO_STEP = INSTANCE  # of an initial state: the number of no instance
