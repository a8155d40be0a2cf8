"""What a release is handed on with: where it came from, its card, and how its file answers."""
