"""Choose the facts of each passage, best first, and yield each of them in several wordings."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from core.models.text import TextGenerator
from core.questions.domain import Domain
from core.questions.kinds import OF_CLAUSES
from core.questions.writers.guided import clause_wordings, definitions, lists, procedures, prohibitions, statements, tables
from core.questions.writers.guided.rewording import reworded
from core.questions.writers.guided.wording import WordedFact, asked
from core.questions.writers.writer import Candidate, Excerpt
from core.settings import GenerationSettings

# Where facts are found before clauses are asked. What an earlier one found in a sentence, a later one does not tell again.
FINDERS = (definitions.worded, procedures.worded, lists.worded, tables.worded, prohibitions.worded, statements.worded)
LONG_ANSWER = 12  # words
FEWEST_FACTS = 7  # of a passage, below which spare ones are taken
MORE = 3  # wordings
FEWEST_FOR_MORE = 4  # wordings that others get
_ORDER = ("definition", "procedure", "table", "list", *OF_CLAUSES)


def write(excerpts: Sequence[Excerpt], generator: TextGenerator, settings: GenerationSettings) -> Iterator[Candidate]:
    """Yield up to `settings.per_passage` facts of each excerpt, each in up to `settings.wordings` wordings.

    Raises:
        ModelError: the model failed while it put questions in other words.
    """
    facts = _facts(excerpts, settings)
    chosen = [
        (excerpt, fact)
        for excerpt in excerpts
        for fact in _chosen([each for each in facts if each.passage_id == excerpt.passage.id], settings.per_passage)
    ]
    by_model = reworded(chosen, generator, settings) if settings.model_wordings else {}
    for position, (excerpt, fact) in enumerate(chosen):
        first, *others = fact.wordings
        wordings = (first, *by_model.get(position, ()), *others)
        yield from _candidates(excerpt, replace(fact, wordings=wordings), _count(fact, settings.wordings))


def _count(fact: WordedFact, usual: int) -> int:
    """Return how many wordings a fact gets: more than usual if its answer is long and takes more to learn."""
    is_long = len(fact.wordings[0].answer.split()) > LONG_ANSWER
    return usual + MORE if is_long and usual >= FEWEST_FOR_MORE else usual


def _facts(excerpts: Sequence[Excerpt], settings: GenerationSettings) -> list[WordedFact]:
    facts: list[WordedFact] = []
    told: set[tuple[str, int, int]] = set()
    for find in (*FINDERS, partial(clause_wordings.worded, style=settings.answers)):
        new = [fact for fact in find(excerpts) if (fact.passage_id, fact.start, fact.end) not in told]
        told.update((fact.passage_id, fact.start, fact.end) for fact in new)
        facts += new
    domains = {excerpt.passage.id: excerpt.domain for excerpt in excerpts}
    return [_asked(fact, domains[fact.passage_id]) for fact in facts]


def _asked(fact: WordedFact, domain: Domain | None) -> WordedFact:
    """Return a fact whose questions name what they are about; what a term means is asked without its domain."""
    named = None if fact.kind == "definition" else domain
    return replace(fact, wordings=tuple(asked(wording, named) for wording in fact.wordings))


def _chosen(facts: Sequence[WordedFact], count: int) -> list[WordedFact]:
    """Return `count` facts: the first of each sentence by kind, then the second of each, and so on.

    Spare ones are returned where there are few others.
    """
    told = _ranked([fact for fact in facts if not fact.is_spare])[:count]
    spare = _ranked([fact for fact in facts if fact.is_spare])
    telling = [fact for fact in spare if not fact.is_bare]
    chosen = [*told, *telling[: max(0, min(count, FEWEST_FACTS) - len(told))]]
    return chosen or spare[:1]


def _ranked(facts: Sequence[WordedFact]) -> list[WordedFact]:
    taken: Counter[tuple[int, int]] = Counter()
    ranked: list[tuple[bool, int, int, WordedFact]] = []
    for fact in sorted(facts, key=lambda fact: _ORDER.index(fact.kind)):
        place = (fact.start, fact.end)
        ranked.append((fact.is_bare, taken[place], len(ranked), fact))
        taken[place] += 1
    return [fact for *_, fact in sorted(ranked, key=lambda entry: entry[:3])]


def _candidates(excerpt: Excerpt, fact: WordedFact, count: int) -> Iterator[Candidate]:
    passage = excerpt.passage
    distinct = {wording.question.lower(): wording for wording in reversed(fact.wordings)}
    wordings = [wording for wording in fact.wordings if distinct[wording.question.lower()] is wording]
    for wording in wordings[:count]:
        yield Candidate(
            passage_id=passage.id,
            question=wording.question,
            answer=wording.answer,
            quote=passage.text[fact.start : fact.end],
            start=passage.start + fact.start,
            end=passage.start + fact.end,
            kind=fact.kind,
            wording=wording.name,
            fact=f"{passage.start + fact.start}-{_key(fact)}",
        )


def _key(fact: WordedFact) -> str:
    return hashlib.sha256(fact.wordings[0].question.encode()).hexdigest()[:8]
