"""What joins the rooms with the storage: read records, call a room, store what comes back. Much of it runs as jobs."""
