"""Filters on pairs that ask what another pair asks."""
