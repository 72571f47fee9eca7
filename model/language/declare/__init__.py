"""What protocols are declared with: sorts, types, state variables, actions, quorum systems."""
