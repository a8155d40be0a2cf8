"""How what a way of writing wrote is judged: Garrison's filters, then figures of what they keep.

Evidence is an answer that stands in its passage, exactly or nearly (`core.questions.evidence`); a question is well formed
by the parser (`tests.benchmarks.well_formed`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import ModelError
from core.questions import apply_filters
from core.questions.evidence import Evidence, find_evidence
from core.questions.passage_sentences import passage_sentences
from core.questions.writers.writer import Candidate, Excerpt
from core.records import Passage, QuestionPair, new_id, now
from core.settings import FilterSettings
from tests.benchmarks.well_formed import well_formed
from tests.benchmarks.writing.spent import Spent, spent_so_far


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a way of writing made of some passages, after the filters."""

    spent: Spent
    asked: int
    kept: list[QuestionPair]


def foreign_candidate(item: Mapping[str, str], passages: Sequence[Passage]) -> Candidate:
    """Return a pair (`question`, `answer`) that another program wrote about some passages, with its passage and evidence."""
    passage, found = _place(item, passages)
    return Candidate(
        passage_id=passage.id, question=item["question"], answer=item["answer"],
        quote=passage.text[found.start : found.end], start=passage.start + found.start, end=passage.start + found.end,
        kind="fact", wording="model", fact=new_id("fact"),
    )  # fmt: skip


def _place(item: Mapping[str, str], passages: Sequence[Passage]) -> tuple[Passage, Evidence]:
    """Return the passage that a pair is about, and where that passage holds the answer: at (0, 0) if none does.

    The passages are tried by how many words they share with the pair; if none holds the answer, the first of them is taken.
    """
    told = _words(f"{item['question']} {item['answer']}")
    likeliest = sorted(passages, key=lambda passage: len(told & _words(passage.text)), reverse=True)
    for passage in likeliest:
        if found := find_evidence(item["answer"].strip().rstrip("."), passage.text):
            return passage, found
    return likeliest[0], Evidence(0, 0)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def judged(candidates: Sequence[Candidate], spent: Spent) -> Written:
    """Filter what was written in the time spent; the filters' time is added."""
    started = spent_so_far()
    pairs = [_pair(candidate) for candidate in candidates]
    try:
        told = apply_filters(pairs, FilterSettings())
    except ModelError:  # not one is kept
        told = []
    kept = [pair for pair in told if pair.state == "kept"]
    return Written(spent=spent + (spent_so_far() - started), asked=len(pairs), kept=kept)


def _pair(candidate: Candidate) -> QuestionPair:
    return QuestionPair(
        id=new_id("pair"), project_id="project", input=candidate.question, output=candidate.answer, origin="generated",
        document_id="document", document_name="", passage_id=candidate.passage_id, quote=candidate.quote,
        quote_start=candidate.start, quote_end=candidate.end, kind=candidate.kind, wording=candidate.wording,
        fact=candidate.fact, created_at=now(),
    )  # fmt: skip


def figures(written: Written, excerpts: Sequence[Excerpt]) -> dict[str, float | None]:
    """Return the figures of a way of writing."""
    kept, texts = written.kept, {each.passage.id: each.passage for each in excerpts}
    long = {name for name, passage in texts.items() if len(list(passage_sentences(passage.text))) >= 2}
    sound = sum(well_formed([pair.input for pair in kept]))
    proven = sum(_is_proven(pair, texts) for pair in kept)
    return {
        "written": written.asked,
        "kept": len(kept),
        "facts": len({pair.fact for pair in kept}),
        "seconds": round(written.spent.wall_s, 1),
        "processor seconds": round(written.spent.processor_s, 1),
        "kept a minute": round(60 * len(kept) / written.spent.wall_s, 1),
        "evidence found": _share(proven, len(kept)),
        "well formed": _share(sound, len(kept)),
        "near duplicates": _share(near_duplicates(kept), len(kept)),
        "passages covered": _share(len(long & {pair.passage_id or "" for pair in kept}), len(long)),
    }


def _is_proven(pair: QuestionPair, passages: dict[str, Passage]) -> bool:
    """Return whether the quote is the passage's text at its place, and the answer can be found in it."""
    passage = passages[pair.passage_id or ""]
    at = pair.quote_start - passage.start
    is_quoted = bool(pair.quote) and passage.text[at : at + len(pair.quote)] == pair.quote
    return is_quoted and find_evidence(_told(pair), passage.text) is not None


def _told(pair: QuestionPair) -> str:
    answer = pair.output.strip()
    is_made = pair.kind in ("list", "procedure", "table") or pair.wording in ("yes", "no")
    return pair.quote if is_made else answer.rstrip(".")


def near_duplicates(pairs: Sequence[QuestionPair]) -> int:
    """Count the pairs whose question another fact's pair in the same wording nearly repeats, with nine of ten words."""
    seen: list[tuple[frozenset[str], str | None, str | None]] = []
    count = 0
    for pair in pairs:
        words = frozenset(pair.input.lower().split())
        count += any(
            other_wording == pair.wording and fact != pair.fact and len(words & other) >= 0.9 * len(words | other)
            for other, fact, other_wording in seen
        )
        seen.append((words, pair.fact, pair.wording))
    return count


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None
