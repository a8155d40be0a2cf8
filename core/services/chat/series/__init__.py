"""Series: the questions of a file to two to four answerers, asked by a job, scored, voted on, reported."""
