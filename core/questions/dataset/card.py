"""The card of a dataset version: what is in it, in figures and in plain words."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from core.questions.dataset.comparison import SHORT_ANSWER, Comparison, Member
from core.questions.dataset.leak import Leak, leak_of
from core.questions.dataset.split import Sides
from core.questions.dataset.thinning import thinned
from core.questions.diversity import Diversity
from core.questions.kinds import KINDS, WORDINGS, Name
from core.records import PairOrigin, SplitBy
from core.settings import DatasetSettings
from core.words import counted

REPETITIVE = 10.0  # compression ratio from which pairs say the same again and again; five wordings of a fact stay below
NOTHING_HELD_OUT = "Nothing is held out: there are too few pairs, or all belong together."
SIDES = {
    "document": "Whole documents are held out: all pairs of one document are on the same side.",
    "passage": "Whole passages are held out: all pairs of one passage are on the same side.",
    "wording": "All facts are trained on; of some of them one wording is held out.",
}
TESTED: dict[SplitBy, str] = {
    "document": "They ask about documents that it was not trained on: without the passage it can hardly know the answers.",
    "passage": "They ask about passages that it was not trained on: without the passage it can hardly know the answers.",
    "wording": "They ask for facts that it was trained on, in words that it has not seen.",
}
ORIGINS: dict[PairOrigin, str] = {
    "generated": "written here",
    "imported": "brought in",
    "written": "added by hand",
    "feedback": "made from feedback",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a dataset version holds. Counts by name are of names in `core.questions.kinds`.

    A fact that is asked in several wordings counts once, as does a pair whose fact is not known. `heldout_asked` of the
    held-out pairs are asked in an evaluation. `evidence_share` is of the pairs whose answer the text tells.
    """

    split: SplitBy
    settings: dict[str, Any]  # DatasetSettings as a mapping
    train: int
    heldout: int
    heldout_asked: int
    facts_trained: int
    facts_heldout: int
    documents: int
    kinds: dict[str, int]
    wordings: dict[str, int]
    origins: dict[str, int]
    by_people: int  # decided on, edited or added
    unanswerable_train: int
    unanswerable_heldout: int
    evidence_share: float
    leak: Leak
    texts: int = 0  # for continued training
    diversity: dict[str, Any] = field(default_factory=dict)  # `core.questions.diversity.Diversity` as a mapping

    def as_json(self) -> dict[str, Any]:
        """Return the values to store."""
        return asdict(self)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Card | None":
        """Return a stored card; None for {}, the card of a version that is older than cards."""
        return cls(**{**values, "leak": Leak(**values["leak"])}) if values else None

    def sentences(self) -> list[str]:
        """Return the card in words, for people who train a model for the first time."""
        told = [
            f"{counted(self.train + self.heldout, 'question pair')} from {counted(self.documents, 'document')}: "
            f"{self.train:,} to train on, {self.heldout:,} held out to test with.",
            self._fact_sentence(),
            SIDES[self.split] if self.heldout else NOTHING_HELD_OUT,
            self._leak_sentence(),
            self._short_answer_sentence(),
            self._asked_sentence(),
            f"For {self.evidence_share:.0%} of the answers, the place in the text that proves them is known.",
            self._unanswerable_sentence(),
            _listed("What is asked for", self.kinds, KINDS),
            _listed("How it is asked", self.wordings, WORDINGS),
            self._origin_sentence(),
            self._diversity_sentence(),
            f"{counted(self.texts, 'text')} for continued training beside them." if self.texts else "",
        ]
        return [sentence for sentence in told if sentence]

    def _fact_sentence(self) -> str:
        if self.split == "wording":
            asked = f"{self.facts_heldout:,} of them are tested in words that are not."
            return f"They ask for {counted(self.facts_trained, 'fact')}, all trained on; {asked}"
        return (
            f"They ask for {counted(self.facts_trained + self.facts_heldout, 'fact')}: {self.facts_trained:,} trained on, "
            f"{self.facts_heldout:,} held out and never trained on."
        )

    def _leak_sentence(self) -> str:
        if not self.heldout:
            return ""
        if self.split == "wording":
            return "So a test tells what it has learned of these facts, and nothing about what it was not taught."
        if self.leak.is_none:
            return "Nothing leaks: no held-out question or longer answer says nearly what one that is trained on says."
        parts = {"question": self.leak.questions, "answer": self.leak.answers}
        found = " and ".join(counted(number, f"held-out {what}") for what, number in parts.items() if number)
        shared = self.leak.facts + self.leak.passages
        return f"It leaks: {found or counted(shared, 'held-out pair')} can be answered from what is trained on."

    def _short_answer_sentence(self) -> str:
        number = 0 if self.split == "wording" else self.leak.short_answers
        short = f"Held-out answers of up to {SHORT_ANSWER} words that also answer another question"
        return f"{short}: {number:,}." if number else ""

    def _asked_sentence(self) -> str:
        if self.heldout_asked == self.heldout:
            return ""
        return f"To save time, a test asks {self.heldout_asked:,} of the {self.heldout:,}: one or two wordings of each fact."

    def _unanswerable_sentence(self) -> str:
        total = self.unanswerable_train + self.unanswerable_heldout
        if not total:
            return "Every question is answered by the text; none teaches the model to say that it does not know."
        return (
            f"{counted(total, 'question')} that the text does not answer, with an answer that says so: "
            f"{self.unanswerable_train:,} to train on, {self.unanswerable_heldout:,} held out."
        )

    def _origin_sentence(self) -> str:
        parts = [f"{self.origins[name]:,} {words}" for name, words in ORIGINS.items() if self.origins.get(name)]
        people = f" People decided on, edited or added {self.by_people:,}." if self.by_people else ""
        return f"{', '.join(parts).capitalize()}.{people}" if parts else ""

    def _diversity_sentence(self) -> str:
        ratio = self.diversity.get("ratio")
        if not ratio:
            return ""
        verdict = "wordings of one fact repeat its answer" if ratio < REPETITIVE else "much is said again and again"
        return f"Packed, the pairs take {ratio:.1f} times less room: {verdict} (plain text: 2 to 4)."


def card_of(compared: Comparison, sides: Sides, settings: DatasetSettings, *, diversity: Diversity, texts: int = 0) -> Card:
    """Count and measure what a dataset version is to hold, with so many texts for continued training."""
    train = [member for position, member in enumerate(compared.members) if position not in sides.heldout]
    heldout = [member for position, member in enumerate(compared.members) if position in sides.heldout]
    both = [*train, *heldout]
    answered = [member for member in both if member.kind != "unanswerable"]
    asked = thinned([{"fact": member.fact, "wording": member.wording} for member in heldout])
    return Card(
        split=sides.by,
        settings=settings.model_dump(),
        train=len(train),
        heldout=len(heldout),
        heldout_asked=len(asked),
        facts_trained=_facts(train),
        facts_heldout=_facts(heldout),
        documents=len({member.document_id for member in both}),
        kinds=_counts(both, lambda member: member.kind),
        wordings=_counts(both, lambda member: member.wording),
        origins=_counts(both, lambda member: member.origin),
        by_people=sum(member.is_by_people for member in both),
        unanswerable_train=sum(member.kind == "unanswerable" for member in train),
        unanswerable_heldout=sum(member.kind == "unanswerable" for member in heldout),
        evidence_share=sum(member.has_quote for member in answered) / len(answered) if answered else 1.0,
        leak=leak_of(compared, sides.heldout),
        texts=texts,
        diversity=json.loads(json.dumps(asdict(diversity))),  # tuples are lists once stored
    )


def _facts(members: Sequence[Member]) -> int:
    return len({member.fact for member in members if member.fact}) + sum(not member.fact for member in members)


def _counts(members: Iterable[Member], name: Callable[[Member], str | None]) -> dict[str, int]:
    """Count the pairs by name; pairs without one are left out."""
    return dict(Counter(found for member in members if (found := name(member)) is not None))


def _listed(title: str, counts: Mapping[str, int], names: Mapping[str, Name]) -> str:
    ordered = sorted(counts.items(), key=lambda entry: -entry[1])
    parts = [f"{names[name].words if name in names else name} {number:,}" for name, number in ordered]
    return f"{title}: {', '.join(parts)}." if parts else ""
