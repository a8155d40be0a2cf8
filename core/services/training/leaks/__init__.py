"""The leak test of a run: what it is asked, what was removed from its documents, and the limit above which none leaves."""
