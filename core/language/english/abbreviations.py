"""Abbreviations that end in a period, in lower case and without it."""

ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof sr jr st gen col lt maj capt sgt cpl pvt adm rep sen gov rev hon inc ltd co corp no nos vol vs "
    "fig figs sec para paras ch p pp pg app art ed eds dept est approx ca cf al etc e.g i.e u.s u.k u.n a.m p.m op cit "
    "ibid ref".split()
)
# A sentence may end with these, where a capital follows: "pumps, valves etc. The …". "Art" and "app" are also words.
MAY_END_SENTENCE = frozenset("etc inc ltd co corp a.m p.m al jr sr art app".split())
