"""Runs: trained, evaluated, exported."""
