"""The dashboard's pages: they call `core` and show its results. Started by `garrison serve`."""
