"""`python -m tests.benchmarks.writing FILE [FILE …]`: question pairs from 15,000 characters of each document.

Beside Garrison's guided writer stands the plain way: the same model, through the same batch, is asked for 8 pairs as JSON
for each passage. Both are judged alike: evidence is an answer that stands in its passage, exactly or nearly
(`core.questions.evidence`); a question is well formed by the parser (`tests.benchmarks.well_formed`).
"""

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ModelError
from core.models.text import Completion, Message, Prompt
from core.questions.evidence import find_evidence
from core.questions.writers.registry import WRITERS
from core.questions.writers.replies import read_items
from core.questions.writers.writer import Candidate, Excerpt
from core.records import Passage, QuestionPair, new_id, now
from core.settings import FilterSettings, GenerationSettings
from tests.benchmarks.material import gguf
from tests.benchmarks.well_formed import well_formed

CHARACTERS = 15_000
PLAIN = (
    "Write 8 question and answer pairs about the text below, as JSON: "
    '[{{"question": "...", "answer": "..."}}, ...]. Use only what the text says.\n\n{text}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a way of writing made of some passages, after the filters."""

    seconds: float
    asked: int
    kept: list[QuestionPair]


def excerpts_of(path: Path, characters: int = CHARACTERS) -> list[Excerpt]:
    """Return the passages of so many characters from the middle of a document, from a paragraph's beginning on."""
    from core.documents import read_document, split_passages
    from core.models.llama import token_counter
    from core.settings import SplitSettings

    text = read_document(path, path.name).text
    start = text.find("\n", max(0, len(text) // 2 - characters // 2)) + 1
    cut = text[start : start + characters]
    passages = split_passages("document", cut, (), settings=SplitSettings(), count_tokens=token_counter(gguf()))
    return [Excerpt(passage=passage, title=path.name.replace("_", " "), language="en") for passage in passages]


class _Unasked:
    """A `TextGenerator` that nobody asks: rules word the questions unless the settings want the model to."""

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        """See `TextGenerator.generate`."""
        raise NotImplementedError


def guided(excerpts: Sequence[Excerpt]) -> Written:
    """Write as Garrison does with the embedded model."""
    from core.language.grammar import parse

    list(parse(["It is warm."]))  # opened once for a whole job
    started_s = time.perf_counter()
    candidates = [
        each for each in WRITERS["guided"].write(excerpts, None, GenerationSettings()) if isinstance(each, Candidate)
    ]  # type: ignore[arg-type]
    return _filtered(candidates, started_s)


def plain_loop(excerpts: Sequence[Excerpt]) -> Written:
    """Ask the same model for 8 pairs of each passage, many passages side by side."""
    from core.models.batch import BatchGenerator
    from core.models.unpacked import batch_gguf

    with tempfile.TemporaryDirectory() as folder:
        model = batch_gguf(gguf(), Path(folder))
        with BatchGenerator(model, sequences=8, context_tokens=8 * 1200) as generator:
            started_s = time.perf_counter()
            prompts = [
                Prompt(messages=(Message("user", PLAIN.format(text=each.passage.text)),), max_tokens=600)
                for each in excerpts
            ]
            candidates = []
            for completion in generator.generate(prompts):
                passage = excerpts[completion.index].passage
                for item in read_items(completion.text, "pairs", ("question", "answer")) or ():
                    candidates.append(_plain_candidate(passage, item))
            return _filtered(candidates, started_s)


def _plain_candidate(passage: Passage, item: dict[str, str]) -> Candidate:
    found = find_evidence(item["answer"], passage.text)
    start, end = (found.start, found.end) if found else (0, 0)
    return Candidate(
        passage_id=passage.id, question=item["question"], answer=item["answer"], quote=passage.text[start:end],
        start=passage.start + start, end=passage.start + end, kind="fact", wording="model", fact=new_id("fact"),
    )  # fmt: skip


def _filtered(candidates: Sequence[Candidate], started_s: float) -> Written:
    from core.questions import apply_filters

    pairs = [_pair(candidate) for candidate in candidates]
    try:
        judged = apply_filters(pairs, FilterSettings())
    except ModelError:  # not one is kept
        judged = []
    seconds = time.perf_counter() - started_s
    return Written(seconds=seconds, asked=len(pairs), kept=[pair for pair in judged if pair.state == "kept"])


def _pair(candidate: Candidate) -> QuestionPair:
    return QuestionPair(
        id=new_id("pair"), project_id="project", input=candidate.question, output=candidate.answer, origin="generated",
        document_id="document", document_name="", passage_id=candidate.passage_id, quote=candidate.quote,
        quote_start=candidate.start, quote_end=candidate.end, kind=candidate.kind, wording=candidate.wording,
        fact=candidate.fact, created_at=now(),
    )  # fmt: skip


def figures(written: Written, excerpts: Sequence[Excerpt]) -> dict[str, Any]:
    """Return the figures of a way of writing."""
    kept, texts = written.kept, {each.passage.id: each.passage for each in excerpts}
    from core.questions.passage_sentences import passage_sentences

    long = {name for name, passage in texts.items() if len(list(passage_sentences(passage.text))) >= 2}
    sound = sum(well_formed([pair.input for pair in kept]))
    proven = sum(_is_proven(pair, texts) for pair in kept)
    return {
        "written": written.asked,
        "kept": len(kept),
        "facts": len({pair.fact for pair in kept}),
        "kept a minute": round(60 * len(kept) / written.seconds),
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


def main(paths: Sequence[Path]) -> None:
    """Print a table in Markdown, and the kept pairs as JSONL beside it on request (`--rows FOLDER`)."""
    ways: tuple[tuple[str, Callable[[Sequence[Excerpt]], Written]], ...] = (("Garrison", guided), ("plain loop", plain_loop))
    folder = Path(sys.argv[sys.argv.index("--rows") + 1]) if "--rows" in sys.argv else None
    titles: list[str] = []
    for path in paths:
        excerpts = excerpts_of(path)
        for name, write in ways:
            written = write(excerpts)
            told = figures(written, excerpts)
            if not titles:
                titles = list(told)
                print(f"| document | way | {' | '.join(titles)} |\n|---|---|{'---|' * len(titles)}")
            print(f"| {path.name} | {name} | {' | '.join(str(told[title]) for title in titles)} |", flush=True)
            if folder:
                rows = [
                    {"question": p.input, "answer": p.output, "quote": p.quote, "kind": p.kind, "wording": p.wording}
                    for p in written.kept
                ]
                text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
                (folder / f"{path.stem}-{name.replace(' ', '-')}.jsonl").write_text(text, encoding="utf-8")
            kinds = Counter(pair.kind for pair in written.kept)
            print(f"  kinds: {dict(kinds.most_common())}", file=sys.stderr)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:] if Path(argument).is_file()])
