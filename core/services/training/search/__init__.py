"""Searching for the settings that a model learns a dataset version best with, and keeping them as a goal of its own."""
