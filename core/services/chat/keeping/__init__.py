"""How long what is said is kept, and in what form: a project's policy, and the form in which words are stored under it."""
