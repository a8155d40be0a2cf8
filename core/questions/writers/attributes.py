"""Things that one may ask about nearly everything, and the words by which a text might tell them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something that may be asked about a thing.

    `singular` and `plural` are questions with `{}` for the thing. `signs` are stems (`core.questions.terms.stems`) of which
    one must stand in a text that tells it; `YEAR` stands for any year.
    """

    singular: str
    plural: str
    signs: frozenset[str]


YEAR = "#year"


def _attribute(singular: str, plural: str, signs: str) -> Attribute:
    return Attribute(singular, plural, frozenset(signs.split()))


ATTRIBUTES = (
    _attribute(
        "How much does {} cost?", "How much do {} cost?", "cost price dollar euro expens expensiv fund budget pay paid"
    ),
    _attribute(
        "In which year was {} introduced?", "In which year were {} introduced?", f"{YEAR} year introduc first sinc century"
    ),
    _attribute("Who introduced {}?", "Who introduced {}?", "introduc invent develop creat found first"),
    _attribute(
        "How many people are needed for {}?",
        "How many people are needed for {}?",
        "people person personnel man men woman women soldier crew team staff member operator technician",
    ),
    _attribute(
        "How often has {} been changed so far?",
        "How often have {} been changed so far?",
        "chang revis version edition amend updat",
    ),
    _attribute(
        "Where was {} used for the first time?", "Where were {} used for the first time?", f"first {YEAR} originat begin"
    ),
    _attribute(
        "What was {} called before?", "What were {} called before?", "call formerly former known nam renam previously"
    ),
    _attribute(
        "Which other country uses {}?",
        "Which other countries use {}?",
        "country countri nation national foreign abroad alli",
    ),
)
