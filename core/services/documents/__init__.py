"""Documents: read, refused, exported."""
