"""Classification markings of documents, and the highest that a project permits."""
