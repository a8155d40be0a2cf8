"""The build side, on a machine with a network: turns locks and sources into a signed bundle."""
