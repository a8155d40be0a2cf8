"""What a run and its base are asked in a leak test: losses, continuations and ranks, in batches that survive a kill."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.evaluation.leaks import Canary, rank_of
from core.files import write_atomic
from core.models.conversation import Encoded, encode_rows, encode_texts, prompt_tokens
from core.privacy.text.normalization import fold
from core.records import Model, Run
from core.run_folder import RunFolder
from core.services.review.approved import stands
from core.services.training.leaks.removed_values import RemovedValue, rivals_of
from core.storage import Workspace

if TYPE_CHECKING:
    from core.models.causal import CausalModel

Side = Literal["base", "run"]
SIDES: tuple[Side, ...] = ("base", "run")
ROWS_AT_ONCE = 16
PROMPTS_AT_ONCE = 16
CODES_AT_ONCE = 200
SPARE_TOKENS = 4  # written beyond the length of the value
ANSWER_TOKENS = 48  # written where a question is asked that was trained on
CONTINUE = "Continue this text:\n\n"
# About how many tokens each costs, for the time left.
ROW_COST, PROMPT_COST, RANK_COST, CODE_COST = 40, 80, 700, 4

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Prompt:
    """One way to ask for a value: its tokens, and how many to write."""

    value: RemovedValue
    tokens: tuple[int, ...]
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What was measured so far, kept in a folder for a later attempt of the job: figures only, never a text."""

    folder: Path
    key: str  # part of the file names; made from all that the figures depend on

    def measured(
        self, name: str, items: Sequence[Any], work: Callable[[Sequence[Any]], list[Any]], *, at_once: int,
        report: Callable[[int], None],
    ) -> list[Any]:  # fmt: skip
        """Return one figure for each item, from `work` on batches of them; `report` is told how many are new."""
        path = self.folder / f"leaks-{name}-{self.key}.json"
        done: list[Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        report(len(done))
        while len(done) < len(items):
            batch = items[len(done) : len(done) + at_once]
            done += work(batch)
            write_atomic(path, json.dumps(done))
            report(len(batch))
        return done

    def remove_files(self) -> None:
        """Remove the files kept for a later attempt."""
        for path in self.folder.glob(f"leaks-*-{self.key}.json"):
            path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """A run with its base as one loaded model, whose adapter is switched off for the base; or, with `base`, as two."""

    causal: "CausalModel"
    base: "CausalModel | None" = None

    @contextmanager
    def side(self, side: Side) -> Iterator["CausalModel"]:
        """Yield the model as base or as run."""
        if side == "run" or self.base:
            yield self.base if self.base and side == "base" else self.causal
            return
        with self.causal.model.disable_adapter():
            yield self.causal


def open_asked(workspace: Workspace, run: Run, model: Model) -> Asked:
    """Load a run with its base.

    Raises:
        SetupError: the adapter is missing, or memory is short.
        InputError: the base cannot be loaded.
    """
    from core.models.causal import load_adapter, load_causal

    folder = RunFolder(workspace.run_folder(run.project_id, run.id))
    base = load_causal(
        Path(model.path),
        model.format,
        precision=run.settings["precision"],
        template=folder.read_template(),
        cache=workspace.unpacked_folder,
    )
    if folder.is_whole:
        run_model = load_causal(
            folder.weights, "safetensors", precision=run.settings["precision"], template=folder.read_template()
        )
        return Asked(run_model, base)
    return Asked(load_adapter(base, folder.adapter))


def row_losses(causal: "CausalModel", rows: Sequence[Row]) -> list[float]:
    """Return the loss of each row, in nats per token of its answer."""
    from core.models.losses import answer_loss

    return answer_loss(causal, rows)


def prompts_for(causal: "CausalModel", values: Sequence[RemovedValue]) -> list[Prompt]:
    """Return the ways to ask for each value: its context as plain text and as a question, and rows that hold the value."""
    prompts = []
    for value in values:
        (plain,) = continuations(causal, value.before, [value.value])
        written = len(plain.tokens) - plain.answer_start + SPARE_TOKENS
        prompts.append(Prompt(value, plain.tokens[: plain.answer_start], written))
        talks = [([{"role": "user", "content": CONTINUE + value.before}], written)]
        talks += [(question, ANSWER_TOKENS) for question in value.questions]
        for talk, max_tokens in talks:
            tokens = tuple(prompt_tokens(causal.vocabulary, causal.template, talk))
            if len(tokens) + max_tokens < causal.context_tokens:
                prompts.append(Prompt(value, tokens, max_tokens))
    return prompts


def written(causal: "CausalModel", prompts: Sequence[Prompt]) -> list[tuple[bool, bool]]:
    """Return for each prompt whether the likeliest continuation holds the value, and whether it holds its stand-in."""
    from core.models.decoding import continue_batch

    longest = max(prompt.max_tokens for prompt in prompts)
    texts = [fold(text) for text in continue_batch(causal, [prompt.tokens for prompt in prompts], max_tokens=longest)]
    return [
        (stands(prompt.value.key, text), bool(prompt.value.stand_in) and stands(fold(prompt.value.stand_in), text))
        for prompt, text in zip(prompts, texts, strict=True)
    ]


def ranks(causal: "CausalModel", values: Sequence[RemovedValue]) -> list[tuple[int, int]]:
    """Return for each value its rank among its rivals by mean likelihood of a token, and how many rivals there were."""
    from core.models.losses import mean_losses

    found = []
    for value, rivals in zip(values, rivals_of(values), strict=True):
        losses = mean_losses(causal, continuations(causal, value.before, [value.value, *rivals]))
        found.append((rank_of(losses[0], losses[1:]), len(rivals)))
    return found


def code_losses(causal: "CausalModel", canary: Canary, codes: Sequence[str]) -> list[float]:
    """Return the loss of each code in the canary's sentence, in nats per token of the code."""
    from core.models.losses import mean_losses

    rows = encode_rows(causal.vocabulary, causal.template, [canary.row(code) for code in canary.candidates()])
    wholes = [row.tokens for row in rows]
    start = _alike(wholes)
    rest = [tokens[start:] for tokens in wholes]
    after = min(_alike([tokens[::-1] for tokens in rest]), min(map(len, rest)) - 1)
    cut = {
        code: Encoded(tokens[: len(tokens) - after], start) for code, tokens in zip(canary.candidates(), wholes, strict=True)
    }
    return mean_losses(causal, [cut[code] for code in codes])


def _alike(texts: Sequence[Sequence[int]]) -> int:
    """Return how many tokens all texts begin with."""
    return next((at for at, column in enumerate(zip(*texts, strict=False)) if len(set(column)) > 1), min(map(len, texts)))


def continuations(causal: "CausalModel", before: str, texts: Sequence[str]) -> list[Encoded]:
    """Tokenize each of `texts` as what follows `before`; the white space between them belongs to what follows."""
    head = before.rstrip()
    gap = before[len(head) :]
    if " " not in head:  # so that there are tokens to follow
        head = f"Text:\n{head}"
    prompt, *wholes = encode_texts(
        causal.vocabulary, [head, *(head + gap + text for text in texts)], longest=causal.context_tokens
    )
    start = len(prompt.tokens)
    return [Encoded(whole.tokens, min(_shared(prompt, whole), start, len(whole.tokens) - 1)) for whole in wholes]


def _shared(prompt: Encoded, whole: Encoded) -> int:
    """Return how many tokens both begin with: a tokenizer may join the end of the context with what follows."""
    pairs = zip(prompt.tokens, whole.tokens, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), len(prompt.tokens))
