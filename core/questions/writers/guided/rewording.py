"""Let the language model ask a question in other words, and keep what still asks the same.

Of 48 questions about a manual, the embedded model repeated 18 word for word, changed 26 into another question, and asked
4 in other words; so `model_wordings` is 0 unless somebody raises it, and rules word the questions.
"""

import re
from collections.abc import Sequence

from core.models.text import Message, Prompt, TextGenerator
from core.questions.writers.guided.meaning import content, words
from core.questions.writers.guided.wording import WordedFact, Wording
from core.questions.writers.prompt_files import excerpt_values, filled, prompt_text
from core.questions.writers.replies import without_thoughts
from core.questions.writers.writer import Excerpt
from core.settings import GenerationSettings

MAX_TOKENS = 80
# Question words that ask for the same, besides themselves.
_SAME = {
    "why": {"which", "what"},
    "when": {"which", "what", "how"},
    "where": {"which", "what"},
    "how": {"which", "what"},
    "who": {"which", "whom", "what"},
    "whom": {"which", "who"},
    "what": {"which", "how"},
    "which": {"what"},
}
# Words that belong to the form of a question.
_FORMAL = frozenset(
    "interval intervals reason reasons purpose place time condition conditions way means person people case called name "
    "used happen happens needed required necessary kind type often frequently exactly order".split()
)
LOST = 0.25  # share of the meaningful words of a question that other words may stand for


def reworded(
    facts: Sequence[tuple[Excerpt, WordedFact]], generator: TextGenerator, settings: GenerationSettings
) -> dict[int, list[Wording]]:
    """Return for each position of `facts` the wordings of the model that ask the same, up to `settings.model_wordings`.

    Raises:
        ModelError: the model failed.
    """
    asked = [
        (position, _prompt(excerpt, fact, settings, attempt))
        for position, (excerpt, fact) in enumerate(facts)
        for attempt in range(settings.model_wordings)
    ]
    kept: dict[int, list[Wording]] = {}
    for completion in generator.generate([prompt for _, prompt in asked]) if asked else ():
        position = asked[completion.index][0]
        excerpt, fact = facts[position]
        question = _first_question(without_thoughts(completion.text))
        evidence = excerpt.passage.text[fact.start : fact.end]
        known = [wording.question for wording in (*fact.wordings, *kept.get(position, ()))]
        if asks_the_same(fact.wordings[0].question, question, evidence) and not _is_among(question, known):
            new = Wording(name="model", question=question, answer=fact.wordings[0].answer)
            kept.setdefault(position, []).append(new)
    return kept


def asks_the_same(question: str, other: str, evidence: str) -> bool:
    """Return whether `other` keeps the meaningful words of `question` and adds none that the evidence lacks."""
    first, second = _question_word(question), _question_word(other)
    if not other.endswith("?") or first is None or second is None or second not in {first, *_SAME.get(first, ())}:
        return False
    meant, told = set(content(question)), set(content(other)) - _FORMAL
    is_told = told <= meant | set(content(evidence))
    figures = {word for word in meant ^ told if any(map(str.isdigit, word))}
    return is_told and not figures and len(meant - told - _FORMAL) <= LOST * len(meant)


def _prompt(excerpt: Excerpt, fact: WordedFact, settings: GenerationSettings, attempt: int) -> Prompt:
    values = excerpt_values(excerpt) | {"question": fact.wordings[0].question}
    text = filled(prompt_text("other_words", settings.prompts), values)
    return Prompt(
        messages=(Message("user", text.strip()),),
        max_tokens=MAX_TOKENS,
        temperature=0.7,
        seed=settings.seed + 101 * attempt + fact.start,
    )


def _first_question(reply: str) -> str:
    match = re.search(r"[^\n?]{8,300}\?", reply.removeprefix("In other words:").strip())
    return match.group().strip(' "“”*-') if match else ""


def _question_word(question: str) -> str | None:
    return next((word for word in words(question) if word in _SAME), None)


def _is_among(question: str, others: Sequence[str]) -> bool:
    return words(question) in [words(other) for other in others]
