"""Invented values that look real and can belong to nobody."""
