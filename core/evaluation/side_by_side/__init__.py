"""Two to four answerers over the same questions: how they stand against each other, and a report to decide by."""
