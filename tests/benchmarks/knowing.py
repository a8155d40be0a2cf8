"""`python -m tests.benchmarks.knowing QUESTIONS.jsonl ROWS …`: what a model knows without the document.

Each ROWS is a file of question pairs (JSONL with `input` and `output`), or a document, whose pairs the guided writer then
writes. The embedded model is trained on each in the same number of steps, asked the QUESTIONS (JSONL with `input` and
`output`) without any text, and graded by token F1, with 95 % intervals. `--set method=rslora` shows what one setting gives.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from core.evaluation import Answers, EvaluationResult, Question, evaluate
from core.records import QuestionPair
from core.services.questions.datasets import read_rows
from core.services.training import answering
from core.settings import TrainingSettings, key_values
from tests.benchmarks.material import gguf

STEPS = 144  # of eight rows

Row = dict[str, Any]


def pairs_of(path: Path) -> list[QuestionPair]:
    """Return the kept pairs that the guided writer writes about a whole document."""
    from core.documents import read_document
    from tests.benchmarks.writing.excerpts import excerpts_in
    from tests.benchmarks.writing.garrison import guided

    return guided(excerpts_in(read_document(path, path.name).text, path)).kept


def rows_of(path: Path) -> list[Row]:
    """Return the rows of a file of pairs, or those written about a document."""
    if path.suffix == ".jsonl":
        return read_rows(path)
    return [{"input": pair.input, "output": pair.output, "fact": pair.fact, "kind": pair.kind} for pair in pairs_of(path)]


def known(
    rows: list[Row], questions: list[Row], *, settings: TrainingSettings, folder: Path, cache: Path
) -> EvaluationResult:
    """Train the embedded model on `rows` and grade its answers to `questions`, and those of the base model."""
    from core.training import train

    result = train(gguf(), "gguf", train_rows=rows, settings=settings, folder=folder, cache=cache)
    print(f"  {result.metrics}", file=sys.stderr)
    subject = answering.Subject(
        path=gguf(), format="gguf", folder=folder, template=(folder / "template.jinja").read_text(encoding="utf-8"),
        precision="fp32", cache=cache,
    )  # fmt: skip
    sides = answering.Sides()
    answering.by_llama(subject, [answering.Asked(row=row) for row in questions], sides, lambda _: None)
    base, run = (
        Answers([text or "" for text in side.answers], [loss or 0.0 for loss in side.losses]) for side in sides.both()
    )
    asked = [
        Question(number=number, question=row["input"], reference=row["output"])
        for number, row in enumerate(questions, start=1)
    ]
    return evaluate(asked, {"base": base, "tuned": run})


def main() -> None:
    """Print a table in Markdown; with `--keep FOLDER`, keep rows and answers of each there."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.knowing", description="Measure what training teaches.")
    parser.add_argument("questions", type=Path, metavar="QUESTIONS")
    parser.add_argument("rows", type=Path, nargs="+", metavar="ROWS")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"of eight rows (default: {STEPS})")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of the training settings")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    questions = read_rows(asked.questions)
    fixed = {"max_steps": asked.steps, "checkpoint_steps": 1000}
    settings = TrainingSettings.model_validate(fixed | key_values(asked.set))
    print("| rows | how many | facts | each seen | base F1 | F1 | 95 % interval | loss |\n|---|---|---|---|---|---|---|---|")
    for path in asked.rows:
        rows = rows_of(path)
        print(f"  {path.name}: {dict(Counter(row.get('kind') for row in rows).most_common())}", file=sys.stderr)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            result = known(rows, questions, settings=settings, folder=folder / "run", cache=folder / "cache")
        if asked.keep:
            _keep(asked.keep, path, rows, result)
        print(_line(path, rows, result, settings), flush=True)


def _line(path: Path, rows: list[Row], result: EvaluationResult, settings: TrainingSettings) -> str:
    facts = len({row.get("fact") or number for number, row in enumerate(rows)})
    times = settings.batch_size * (settings.max_steps or 0) / len(rows)
    score, loss = result.scores["token_f1"], result.scores["loss"]
    cells = [
        path.name, len(rows), facts, f"{times:.1f} times", f"{score.base.mean:.3f}",
        f"{score.tuned.mean:.3f}", f"{score.tuned.low:.3f} to {score.tuned.high:.3f}", f"{loss.tuned.mean:.2f}",
    ]  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def _keep(folder: Path, path: Path, rows: list[Row], result: EvaluationResult) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / f"{path.stem}-rows.jsonl").write_text(lines, encoding="utf-8")
    told = json.dumps(result.as_json(), ensure_ascii=False, indent=1)
    (folder / f"{path.stem}-answers.json").write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main()
