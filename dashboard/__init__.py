"""The pages: they call `core` and show what it gives. Started by `garrison serve`."""
