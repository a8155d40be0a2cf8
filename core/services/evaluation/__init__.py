"""Evaluations of several runs held against each other."""
