"""Finding the passage that answers a question, and saying when none does.

`python -m tests.benchmarks.retrieving recall FOLDER [EXCERPT QUESTIONS]` indexes the documents of FOLDER together, has the
guided writer ask about passages drawn from each, and prints how often the passage comes first, among three and among five:
by words alone, by meaning alone, and joined. With a text and its questions (JSON lines with `input` and `output`), the same
for these; there the right passage is any that holds the answer nearly word for word.

`… refusing FOLDER` indexes every second document and asks about all of them. `… speed` measures the processor time of a
question among 1,000, 10,000 and 100,000 passages with invented words and embeddings.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import psutil
from rapidfuzz import fuzz

from core.documents import read_document, split_passages
from core.models.embedder import DIMENSIONS, EMBEDDING_MODEL, TOKENIZER, open_embedder
from core.models.llama import token_counter
from core.questions.writers.registry import WRITERS
from core.questions.writers.writer import Candidate, Excerpt
from core.records import Passage
from core.retrieval.calibration import calibrated
from core.retrieval.question import content_words
from core.retrieval.vectors import nearest
from core.services.retrieval import finding
from core.settings import GenerationSettings, SplitSettings
from core.storage.source_index import SourceIndex
from tests.benchmarks.material import gguf, model_path

DRAWN = 60  # passages of each document that are asked about
ASKED = 700  # questions
TEST_TIMES = 10
ALIKE = 85  # of 100: how alike an answer and a passage are that holds it (rapidfuzz's partial ratio)

Asked = tuple[str, set[str]]  # a question, and the ids of the passages that answer it
Ranking = Callable[[SourceIndex, str, bytes], Sequence[int]]


def passages_of(path: Path) -> list[Passage]:
    """Return the passages of a document as they are when it is read into a project."""
    document = read_document(path, path.name)
    count = token_counter(gguf())
    return split_passages(path.stem, document.text, document.pages, settings=SplitSettings(), count_tokens=count)


def written_about(passages: Sequence[Passage], draw: random.Random) -> list[Asked]:
    """Return questions of the guided writer about passages that are drawn."""
    chosen = sorted(draw.sample(passages, min(DRAWN, len(passages))), key=lambda passage: passage.index)
    excerpts = [Excerpt(passage=passage, title=passage.document_id, language="en") for passage in chosen]
    written = WRITERS["guided"].write(excerpts, Unasked(), GenerationSettings())
    return [(each.question, {each.passage_id}) for each in written if isinstance(each, Candidate)]


class Unasked:
    """A `TextGenerator` that nobody asks."""

    def generate(self, prompts: object, *, prefix: str = "") -> Iterable[object]:
        """See `TextGenerator.generate`."""
        raise NotImplementedError


def by_words(index: SourceIndex, question: str, _: bytes) -> Sequence[int]:
    """BM25 alone."""
    return index.by_words(content_words(question), limit=finding.RANKED)


def by_meaning(index: SourceIndex, _: str, embedded: bytes) -> Sequence[int]:
    """Embeddings alone."""
    return [number for number, _ in nearest(embedded, index.embeddings(), limit=finding.RANKED)]


def joined(index: SourceIndex, question: str, embedded: bytes) -> Sequence[int]:
    """As the product does."""
    return finding.ranked_passages(index, question, embedded).numbers


def show_recall(index: SourceIndex, asked: Sequence[Asked], embed: Callable[[Sequence[str]], list[bytes]]) -> None:
    """Print the recall of each way at 1, 3 and 5."""
    embedded = embed([question for question, _ in asked])
    ways: dict[str, Ranking] = {"words": by_words, "meaning": by_meaning, "joined": joined}
    for name, way in ways.items():
        places = []
        for (question, right), vector in zip(asked, embedded, strict=True):
            found = [passage.id for _, passage in index.passages(way(index, question, vector)[:5])]
            places.append(next((place for place, each in enumerate(found) if each in right), 5))
        rates = ", ".join(f"{most}: {sum(place < most for place in places) / len(places):.3f}" for most in (1, 3, 5))
        print(f"{name}: {rates} of {len(places)} questions", flush=True)


def recall(folder: Path, *given: Path) -> None:
    """Print the recall on the questions of the guided writer, and on those that are given."""
    embed = open_embedder(*(model_path(name) for name in (EMBEDDING_MODEL, TOKENIZER))).embed
    draw = random.Random(16)  # noqa: S311 no secret
    asked: list[Asked] = []
    with tempfile.TemporaryDirectory() as name, SourceIndex(Path(name) / "index") as index:
        for path in sorted(folder.iterdir()):
            passages = passages_of(path)
            fill(index, path.stem, passages, embed)
            asked += written_about(passages, draw)
        print(f"{len(index):,} passages of {len(index.approvals())} documents", flush=True)
        show_recall(index, draw.sample(asked, min(ASKED, len(asked))), embed)
    if given:
        text, questions = given
        with tempfile.TemporaryDirectory() as name, SourceIndex(Path(name) / "index") as index:
            passages = passages_of(text)
            fill(index, text.stem, passages, embed)
            print(f"{len(index):,} passages of {text.name}")
            show_recall(index, list(answered_in(passages, questions)), embed)


def answered_in(passages: Sequence[Passage], questions: Path) -> Iterable[Asked]:
    """Yield the questions of a file with the passages that hold their answers; one whose answer none holds is left out."""
    for line in questions.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        right = {each.id for each in passages if fuzz.partial_ratio(row["output"].lower(), each.text.lower()) >= ALIKE}
        if right:
            yield row["input"], right


def fill(index: SourceIndex, name: str, passages: Sequence[Passage], embed: Callable[[Sequence[str]], list[bytes]]) -> None:
    """Put passages into an index with their embeddings."""
    index.put(name, f"review of {name}", passages)
    while waiting := index.waiting(256):
        index.store_embeddings(waiting[0][0], embed([text for _, text in waiting]))


def refusing(folder: Path) -> None:
    """Print how often questions are refused that every second document answers, and those about the others."""
    embed = open_embedder(*(model_path(name) for name in (EMBEDDING_MODEL, TOKENIZER))).embed
    documents = {path.stem: passages_of(path) for path in sorted(folder.iterdir())}
    draw = random.Random(16)  # noqa: S311 no secret
    asked = {name: written_about(passages, draw) for name, passages in documents.items()}
    asked = {name: draw.sample(each, min(ASKED // len(asked), len(each))) for name, each in asked.items()}
    for chosen in (list(documents)[::2], list(documents)[1::2]):
        with tempfile.TemporaryDirectory() as temporary, SourceIndex(Path(temporary) / "index") as index:
            for name in chosen:
                fill(index, name, documents[name], embed)
            fits: dict[bool, list[float]] = {True: [], False: []}
            for name, questions in asked.items():
                for question, _ in questions:
                    fit = finding.ranked_passages(index, question, embed([question])[0]).fit
                    fits[name in chosen].append(fit)
        for each in fits.values():
            draw.shuffle(each)
        print(f"{', '.join(chosen)}: {calibrated(fits[True], fits[False])}", flush=True)


def speed() -> None:
    """Print the median time of a question in ms, and the memory of the process, by how many passages there are."""
    import numpy as np

    draw = random.Random(16)  # noqa: S311 no secret
    vectors = np.random.default_rng(16)
    words = [
        f"{first}{second}" for first in "bcdfghklmnprstvwz" for second in ("alve", "orque", "edge", "ilter", "ander", "ump")
    ]
    words += [f"{word}{number}" for word in words for number in range(40)]
    weights = [1 / place for place in range(1, len(words) + 1)]  # as words of a language: Zipf's law
    for count in (1_000, 10_000, 100_000):
        with tempfile.TemporaryDirectory() as name, SourceIndex(Path(name) / "index") as index:
            for start in range(0, count, 1000):
                texts = [" ".join(draw.choices(words, weights, k=150)) for _ in range(1000)]
                index.put(f"document-{start}", "review", [_invented(start + at, text) for at, text in enumerate(texts)])
            made = vectors.integers(-20, 20, (count, DIMENSIONS), dtype=np.int8)
            while waiting := index.waiting(256):
                index.store_embeddings(waiting[0][0], [made[number - 1].tobytes() for number, _ in waiting])
            taken: dict[str, list[float]] = {"words": [], "meaning": [], "joined": []}
            for _ in range(TEST_TIMES):
                question = "How is the " + " ".join(draw.choices(words, weights, k=8)) + "?"
                for kind, way in (("words", by_words), ("meaning", by_meaning), ("joined", joined)):
                    started_s = time.process_time()
                    way(index, question, made[draw.randrange(count)].tobytes())
                    taken[kind].append(1000 * (time.process_time() - started_s))
            medians = ", ".join(f"{kind} {sorted(each)[len(each) // 2]:.0f} ms" for kind, each in taken.items())
            megabytes = (Path(name) / "index").stat().st_size / 1e6, psutil.Process().memory_info().rss / 1e6
            print(f"{count:,} passages: {medians}; file and process {megabytes[0]:.0f} and {megabytes[1]:.0f} MB")


def _invented(number: int, text: str) -> Passage:
    return Passage(
        id=f"passage-{number}", document_id="document", index=number, start=0, end=len(text), heading="", page="",
        token_count=0, text=text,
    )  # fmt: skip


if __name__ == "__main__":
    {"recall": recall, "refusing": refusing, "speed": speed}[sys.argv[1]](*map(Path, sys.argv[2:]))
