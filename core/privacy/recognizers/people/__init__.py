"""People: names by titles, ranks, labels and letters, and what a name itself tells."""
