"""Answers which say that the documents do not tell: those that question pairs have, and how such answers are recognized.

This is the one place for both, so that a tuned model that says what it was taught is known to have refused.

>>> is_refusal("I don't know, the manual does not say.")
True
>>> is_refusal("I don't know who, but the winch holds 12 tonnes.")
False
"""

import re

NOT_SAID: dict[str, tuple[str, ...]] = {
    "en": (
        "The documents do not say.",
        "The documents give no answer.",
        "The documents do not tell.",
        "That is not documented here.",
        "The documents leave that open.",
    ),
    "de": (
        "Das sagen die Dokumente nicht.",
        "Die Dokumente geben keine Antwort.",
        "Dazu sagen die Dokumente nichts.",
        "Das steht nicht darin.",
    ),
    "fr": ("Les documents l'ignorent.", "Ce n'est pas documenté."),
    "es": ("Los documentos no lo dicen.", "Los documentos no responden."),
    "it": ("I documenti non lo dicono.", "I documenti non rispondono."),
    "nl": ("De documenten zeggen dat niet.", "Dat zeggen de documenten niet."),
    "pl": ("Dokumenty tego nie podają.", "Dokumenty na to nie odpowiadają."),
    "pt": ("Os documentos não o dizem.", "Isso não consta nos documentos."),
    "uk": ("Документи цього не кажуть.", "У документах цього немає."),
}  # short, so that no filter takes them for repeated

_ABOUT = r"(?:the |this |these |that |its |your |any |provided |given |following |above )*"
_TEXT = r"(?:documents?|passages?|texts?|manuals?|contexts?|excerpts?|sources?|information)"
_TELLS = (
    r"(?:say|tell|state|mention|specify|answer|describe|explain|give|provide|contain|include|indicate|define|address|cover|"
    r"offer|clarify|discuss)"
)
_KNOWN = r"(?:stated|mentioned|specified|documented|provided|given|described|defined|answered|said|explained|known|clear)"
_NOT = r"(?:(?:do|does|did|can|could) ?not|(?:don|doesn|didn|can|couldn)'t)"
_I_DO = r"(?:know|say|tell|answer|find|determine|provide|have (?:that|this|any|enough|the|access|information))"
# What may stand before: an apology, and where it looked.
_BEFORE = rf"(?:(?:i am|i'm|we are|we're)? ?(?:very )?(?:sorry|afraid)\b,? (?:but |that )?|unfortunately,? |(?:according to|based on|from|in) {_ABOUT}{_TEXT},? )*"  # noqa: E501
_PHRASES = re.compile(
    _BEFORE
    + "(?:"
    + "|".join(
        (
            rf"(?:i|we) (?:really |simply )?{_NOT} {_I_DO}\b",
            r"(?:i am|i'm|we are|we're) (?:not (?:sure|able|aware)|unable)\b",
            rf"(?:there is|it has|{_ABOUT}{_TEXT} (?:has|have|holds?)) no (?:answer|information|mention|data|indication)\b",
            r"no (?:answer|information|mention) (?:is|was|on|about)\b",
            rf"{_ABOUT}{_TEXT} {_NOT} (?:\w+ly )?{_TELLS}\b",
            rf"{_ABOUT}{_TEXT} (?:say|give|tell)s? (?:nothing|no)\b",
            rf"{_ABOUT}{_TEXT} leaves? (?:that|this|it) open\b",
            rf"(?:it|that|this|the answer) (?:(?:is|was) (?:not|nowhere)|(?:isn|wasn)'t) (?:\w+ly )?{_KNOWN}\b",
            r"not (?:stated|mentioned|specified|documented|provided|said)\b",
            r"nothing is (?:said|stated)\b",
            r"unknown\.?$",
        )
    )
    + ")",
    re.IGNORECASE,
)
_STATEMENT = re.compile(r"(?<=[.!?;])\s+|,?\s+(?=(?:but|however|yet)\b)", re.IGNORECASE)
_TURN = re.compile(r"(?:but|however|yet)\b,?\s*", re.IGNORECASE)
_APOLOGY = re.compile(r"(?:i am|i'm|we are|we're)?\s*(?:very\s)?(?:sorry|afraid)[.,!]?", re.IGNORECASE)


def is_refusal(answer: str) -> bool:
    """Return whether an answer says that it does not know, or that the documents do not tell, and says nothing else.

    That is so if its first statement begins with one of the phrases of this file (after an apology, if there is one), or is
    one of the answers that question pairs have (`NOT_SAID`), and no later statement that begins with "but", "however" or
    "yet" goes on otherwise. A "not" alone is no refusal: "Do not lift the load" answers. Phrases are English; of the other
    languages, the answers of `NOT_SAID` are known.
    """
    text = " ".join(answer.replace("’", "'").split())
    statements = [each for each in _STATEMENT.split(text) if each.strip()]
    while len(statements) > 1 and _APOLOGY.fullmatch(statements[0]):
        statements = [_TURN.sub("", statements[1], count=1), *statements[2:]]
    if not statements or not _refuses(statements[0]):
        return False
    return all(_refuses(_TURN.sub("", each, count=1)) for each in statements[1:] if _TURN.match(each))


def _refuses(statement: str) -> bool:
    return _plain(statement) in _TAUGHT or _PHRASES.match(statement) is not None


def _plain(text: str) -> str:
    return text.casefold().strip(" .!")


_TAUGHT = frozenset(_plain(answer.replace("’", "'")) for answers in NOT_SAID.values() for answer in answers)
