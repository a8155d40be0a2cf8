"""The curation of the Questions page: pairs by the page, one of them open, worked on by keyboard."""
