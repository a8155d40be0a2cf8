"""Words of English, as data: what a second language would bring in a folder of its own."""
