"""Writing question pairs: which model writes in which way about what, tried before and counted after."""
