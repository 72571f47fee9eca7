"""Machine code: from the ground form through LLVM to functions in this process."""
