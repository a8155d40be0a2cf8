"""Try how well a model writes pairs by itself, on ten passages, and choose the way of writing that it is good enough for."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from core.models.text import TextGenerator
from core.questions.writers.not_said import check_prompt_for
from core.questions.writers.replies import without_thoughts
from core.questions.writers.several import write_several
from core.questions.writers.writer import Candidate, Excerpt, Reply
from core.records import Passage
from core.settings import GenerationSettings
from core.words import size

PAIRS = 3  # asked of each passage
CHECKED = 2  # of these, answered again from the passage
SAME = 0.5  # token F1 from which two answers count as the same
SMALL_BYTES = 350e6  # files below hold fewer than about 500 million weights, which never wrote usable pairs by themselves
LEAST = {"replies": 0.8, "proven": 0.7, "own_words": 0.8, "answerable": 0.6}  # to write by itself
MORE = {"replies": 0.95, "proven": 0.9, "own_words": 0.9, "answerable": 0.8}  # to write whole texts as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a model did on the passages of a trial; shares are from 0 to 1."""

    passages: int
    pairs: int
    replies: float  # share of replies that kept the form asked for
    proven: float  # share of pairs whose quote stands in the passage
    own_words: float  # share of pairs that ask, rather than repeat the passage
    answerable: float  # share of proven pairs to which the model, with the passage, gives the same answer again


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The way in which a model writes, and why, in words; `trial` is None if none was needed."""

    writer: str
    why: str
    trial: Trial | None = None


@cache
def trial_excerpts() -> tuple[Excerpt, ...]:
    """Return the ten passages that ship for trials."""
    text = files("core.questions.writers").joinpath("trial_passages.txt").read_text(encoding="utf-8")
    return tuple(_excerpt(index, entry) for index, entry in enumerate(text.strip().split("\n\n")))


def _excerpt(index: int, entry: str) -> Excerpt:
    head, _, text = entry.partition("\n")
    title, _, heading = head.partition(" | ")
    passage = Passage(
        id=f"trial-{index}", document_id="", index=index, start=0, end=len(text), heading=heading, page="",
        token_count=len(text) // 4, text=text,
    )  # fmt: skip
    return Excerpt(passage=passage, title=title, language="en")


def try_writing(excerpts: Sequence[Excerpt], generator: TextGenerator, settings: GenerationSettings) -> Trial:
    """Let a model write about the excerpts, and answer some of its questions from them.

    Raises:
        ModelError: the model failed.
    """
    asked = settings.model_copy(update={"per_passage": PAIRS, "unanswerable_share": 0.0})
    written = list(write_several(excerpts, generator, asked))
    replies = [each for each in written if isinstance(each, Reply)]
    pairs = [each for each in written if isinstance(each, Candidate)]
    proven = [pair for pair in pairs if pair.quote]
    return Trial(
        passages=len(excerpts),
        pairs=len(pairs),
        replies=_share(sum(reply.outcome == "answered" for reply in replies), len(replies)),
        proven=_share(len(proven), len(pairs)),
        own_words=_share(sum(map(_asks, pairs)), len(pairs)),
        answerable=_answerable({each.passage.id: each for each in excerpts}, proven, generator, settings),
    )


def _answerable(
    excerpts: dict[str, Excerpt], pairs: Sequence[Candidate], generator: TextGenerator, settings: GenerationSettings
) -> float:
    count: Counter[str] = Counter()
    chosen = []
    for pair in pairs:
        count[pair.passage_id] += 1
        if count[pair.passage_id] <= CHECKED:
            chosen.append(pair)
    prompts = [check_prompt_for(excerpts[pair.passage_id], pair.question, settings) for pair in chosen]
    same = 0
    for completion in generator.generate(prompts) if prompts else ():
        same += same_answer(without_thoughts(completion.text), chosen[completion.index].answer)
    return _share(same, len(chosen))


def _asks(pair: Candidate) -> bool:
    """Return whether a pair asks something and its answer is not the question again."""
    question, answer, quote = (_words(text) for text in (pair.question, pair.answer, pair.quote))
    return pair.question.rstrip().endswith(("?", "？")) and question not in (answer, quote) and len(question) > 2


def same_answer(told: str, expected: str) -> bool:
    """Return whether two answers agree: by token F1, or because one holds all words of the other."""
    first, second = Counter(_words(told)), Counter(_words(expected))
    shared = (first & second).total()
    if not shared:
        return False
    is_within = shared == min(first.total(), second.total()) and shared >= 2
    return is_within or 2 * shared / (first.total() + second.total()) >= SAME


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def choose_unasked(size_bytes: int | None) -> Choice | None:
    """Return the choice for a model that is too small to be tried; None if it has to be tried."""
    if size_bytes is None or size_bytes >= SMALL_BYTES:
        return None
    return Choice(
        writer="guided",
        why=f"it is a small model ({size(size_bytes)}). Models of this size copy a passage where they should ask about it, "
        "so grammar and rules find the facts, and the model only helps with the words.",
    )


def choose(trial: Trial) -> Choice:
    """Return the way of writing that a model is good enough for."""
    failed = [name for name, least in LEAST.items() if getattr(trial, name) < least]
    told = ", ".join(f"{_percent(getattr(trial, name))} {words}" for name, words in _WORDS.items())
    if failed:
        reason = f"on {trial.passages} test passages it fell short: {told}. Grammar and rules do better with this model."
        return Choice(writer="guided", why=reason, trial=trial)
    writes_texts = all(getattr(trial, name) >= least for name, least in MORE.items())
    return Choice(
        writer="rewriting" if writes_texts else "several",
        why=f"it did well on {trial.passages} test passages: {told}.",
        trial=trial,
    )


def in_words(choice: Choice) -> str:
    """Return the choice as a sentence, such as "Guided, because it is a small model …"."""
    return f"{'Guided' if choice.writer == 'guided' else 'Writes by itself'}, because {choice.why}"


_WORDS = {
    "replies": "of its replies kept the form asked for",
    "proven": "of its pairs are proven by a quote from the passage",
    "own_words": "ask instead of copying",
    "answerable": "can be answered from the passage",
}


def _percent(share: float) -> str:
    return f"{round(100 * share)} %"
