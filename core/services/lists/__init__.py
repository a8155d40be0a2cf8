"""The reviewers' lists and patterns as they are stored, and what a change to them does to searched documents."""
