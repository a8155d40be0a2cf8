"""What question pairs ask for, and how they are worded: names that are stored, with the words that people read.

>>> KINDS["definition"].words
'Definition'
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A stored name, and what it means to people."""

    name: str
    words: str
    description: str  # a sentence


def _by_name(*names: Name) -> dict[str, Name]:
    return {name.name: name for name in names}


KINDS = _by_name(
    Name("definition", "Definition", "What a term means, or which term has this meaning."),
    Name("fact", "Fact", "Who does what, to whom or with what."),
    Name("number", "Number", "How many, how much, how often or how long."),
    Name("time", "Time", "When something happens or is done."),
    Name("place", "Place", "Where something is or is done."),
    Name("reason", "Reason", "Why, or for which purpose."),
    Name("manner", "Manner", "How something is done."),
    Name("condition", "Condition", "What applies if or when something is the case."),
    Name("list", "List", "Which members something has."),
    Name("procedure", "Procedure", "The steps of a procedure and their order."),
    Name("table", "Table", "What a row of a table says."),
    Name("comparison", "Comparison", "How two things differ or agree."),
    Name("scenario", "Scenario", "What to do in a described situation."),
    Name("link", "Link", "Needs two passages that share a term."),
    Name("unanswerable", "Not in the document", "The text does not answer it, and the answer says so."),
)

# What a part of a clause may be asked for, the most telling first.
OF_CLAUSES = ("number", "time", "reason", "manner", "condition", "place", "fact")

WORDINGS = _by_name(
    Name("open", "Open question", "Asks with a question word."),
    Name("turned", "Other order", "The open question with another order of its parts."),
    Name("request", "Request", "Asks politely or demands an answer."),
    Name("context", "With its topic", "Names the heading or document first."),
    Name("cloze", "Gap", "A sentence with a gap to fill."),
    Name("yes", "Yes or no, true", "Asks whether it is so, and it is."),
    Name("no", "Yes or no, false", "Asks whether something else is so, and it is not."),
    Name("reverse", "Reverse", "Names the answer and asks for the term."),
    Name("model", "By the model", "Written or rewritten by the language model."),
)
