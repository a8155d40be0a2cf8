"""Choose the facts of each passage, best first, and word each of them several times."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.models.text import TextGenerator
from core.questions.writers.guided.definitions import Definition, definitions
from core.questions.writers.guided.facts import ClauseFact, clause_facts, read_sentences
from core.questions.writers.guided.lists import ListFact, counted_lists, list_facts
from core.questions.writers.guided.topics import topic
from core.questions.writers.guided.wordings import (
    Wording,
    clause_wordings,
    definition_wordings,
    list_wordings,
    other_quantity,
)
from core.questions.writers.writer import Candidate, Excerpt
from core.settings import GenerationSettings

_KINDS = ("definition", "list", "number", "time", "reason", "manner", "condition", "place", "fact")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """A fact with its wordings: characters `start` to `end` of the passage's text are its evidence."""

    passage_id: str
    kind: str
    start: int
    end: int
    wordings: tuple[Wording, ...]
    is_bare: bool = False  # says too little without its topic: taken where a passage has no other facts


def write(excerpts: Sequence[Excerpt], generator: TextGenerator, settings: GenerationSettings) -> Iterator[Candidate]:
    """Yield up to `settings.per_passage` facts of each excerpt, each in up to `settings.wordings` wordings.

    Raises:
        ModelError: the model failed while writing.
    """
    by_id = {excerpt.passage.id: excerpt for excerpt in excerpts}
    plans: dict[str, list[_Planned]] = {passage_id: [] for passage_id in by_id}
    defined = list(_of_definitions(by_id))
    places = {(planned.passage_id, planned.start) for planned in defined}
    told = (planned for planned in _of_clauses(by_id, settings) if (planned.passage_id, planned.start) not in places)
    for planned in (*defined, *_of_lists(by_id), *told):
        plans[planned.passage_id].append(planned)
    for passage_id, planned_facts in plans.items():
        for planned in _chosen(planned_facts, settings.per_passage):
            yield from _candidates(by_id[passage_id], planned, settings.wordings)


def _of_definitions(excerpts: dict[str, Excerpt]) -> Iterator[_Planned]:
    found = list(definitions([excerpt.passage for excerpt in excerpts.values()]))
    for number, each in enumerate(found):
        twin = next((other for other in found[number - 1 :: -1] + found if _differs(other, each)), None)
        words = definition_wordings(each, topic=topic(excerpts[each.passage.id]), twin=twin)
        yield _planned(each, "definition", words)


def _differs(one: Definition, other: Definition) -> bool:
    """Return whether two definitions are of different things, neither of which names the other."""
    return one.name.lower() not in other.meaning.lower() and other.name.lower() not in f"{one.name} {one.meaning}".lower()


def _of_lists(excerpts: dict[str, Excerpt]) -> Iterator[_Planned]:
    passages = [excerpt.passage for excerpt in excerpts.values()]
    for each in (*counted_lists(passages), *list_facts(passages)):
        yield _planned(each, "list", list_wordings(each, topic=topic(excerpts[each.passage.id])))


def _planned(each: Definition | ListFact, kind: str, wordings: Iterator[Wording]) -> _Planned:
    return _Planned(passage_id=each.passage.id, kind=kind, start=each.start, end=each.end, wordings=tuple(wordings))


def _of_clauses(excerpts: dict[str, Excerpt], settings: GenerationSettings) -> Iterator[_Planned]:
    for sentence in read_sentences([excerpt.passage for excerpt in excerpts.values()]):
        clause = None
        for fact in clause_facts(sentence):
            words = tuple(
                clause_wordings(
                    fact,
                    topic=topic(excerpts[sentence.passage.id]),
                    twin=_twin(fact),
                    is_first=fact.clause is not clause,
                    style=settings.answers,
                )
            )
            if not words:
                continue
            clause = fact.clause
            yield _Planned(
                passage_id=sentence.passage.id,
                kind=fact.gap.kind,
                start=sentence.start,
                end=sentence.end,
                wordings=words,
                is_bare=fact.is_bare,
            )


def _twin(fact: ClauseFact) -> str | None:
    return other_quantity(fact.gap.answer) if fact.gap.kind in ("number", "time") else None


def _chosen(planned: Sequence[_Planned], count: int) -> list[_Planned]:
    """Return `count` facts: the first of each sentence by kind, then the second of each, and so on."""
    taken: dict[tuple[int, int], int] = {}
    ranked = []
    for each in sorted(planned, key=lambda each: _KINDS.index(each.kind)):
        place = (each.start, each.end)
        ranked.append((each.is_bare, taken.get(place, 0), len(ranked), each))
        taken[place] = taken.get(place, 0) + 1
    return [each for *_, each in sorted(ranked, key=lambda entry: entry[:3])[:count]]


def _candidates(excerpt: Excerpt, planned: _Planned, count: int) -> Iterator[Candidate]:
    passage = excerpt.passage
    seen: set[str] = set()
    for wording in planned.wordings:
        key = wording.question.lower()
        if key in seen or len(seen) == count:
            continue
        seen.add(key)
        yield Candidate(
            passage_id=passage.id,
            question=wording.question,
            answer=wording.answer,
            quote=passage.text[planned.start : planned.end],
            start=passage.start + planned.start,
            end=passage.start + planned.end,
            kind=planned.kind,
            wording=wording.name,
            fact=f"{passage.start + planned.start}-{_key(planned)}",
        )


def _key(planned: _Planned) -> str:
    return hashlib.sha256(planned.wordings[0].question.encode()).hexdigest()[:8]
