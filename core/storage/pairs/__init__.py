"""Question pairs of a project by the page, counted and searched in the database; and acts on them that can be undone."""
