"""Particles: small words within names, such as "van" in "Anna van Dijk". Names of any language stand in English text."""

_IN_ANY_NAME = ("de", "del", "della", "da", "dos", "du", "la", "le", "van", "von", "den")
OF_PEOPLE = (*_IN_ANY_NAME, "der", "di", "al", "el", "bin", "ibn", "ben", "abu", "ter", "ten", "zu", "af", "av", "y")
OF_PLACES = (*_IN_ANY_NAME, "di", "do", "des", "les", "el", "al", "sur", "am", "an der", "im", "op", "upon", "nad", "u")
OF_STREETS = (*_IN_ANY_NAME, "der", "des", "les", "do", "of", "the")
