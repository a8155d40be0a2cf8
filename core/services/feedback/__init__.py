"""What people said of answers: shared with the experts of a project, and made into question pairs and preferences."""
