"""Which run a project uses, how it fares, when it is time to train again, and doing so."""
