"""The training loop: one model, one adapter, one step at a time; its full state can be saved and restored."""

import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from core.errors import InputError, ModelError
from core.models.causal import CausalModel
from core.models.conversation import Encoded
from core.models.losses import mean_losses
from core.models.packing import (
    LEAST_PACK_TOKENS,
    PACK_TOKENS,
    Pack,
    can_share,
    fit,
    group,
    has_plain_output,
    pack,
    token_losses,
)
from core.models.torch_setup import memory_errors, peft_warnings_logged
from core.settings import Layers, TrainingSettings
from core.training.drift import drifts
from core.training.learning import RECENT, is_diverging
from core.training.memory import held_bytes, held_weight_bytes, peak_bytes
from core.training.preferences import Preferences
from core.training.products import join_products
from core.training.progress import Progress
from core.training.rows import longest_places
from core.training.start import begin_with
from core.training.targets import adapted, freeze, left_out, routers
from core.training.team import Team

# How the layers of MLPs and of attention are called, from GPT-2 to Llama and Mixtral.
_LAYER_NAMES = {"mlp": r"\b(?:mlp|feed_forward|ffn|experts)\b", "attention": r"\b(?:self_attn|attn|attention)\b"}
GRADIENT_NORM = 1.0  # larger gradients are scaled down to this norm


class Trainer:
    """A model with a fresh LoRA adapter on all its linear layers, and the state of its training."""

    def __init__(
        self,
        causal: CausalModel,
        rows: Sequence[Encoded],
        *,
        validation: Sequence[Encoded],
        settings: TrainingSettings,
        texts: Sequence[Encoded] = (),
        general: Sequence[Encoded] = (),
        rejected: Sequence[Encoded] = (),
        facts: int | None = None,
        start: Path | None = None,
        team: Team | None = None,
    ) -> None:
        """Attach the adapter, unless all weights are trained.

        Args:
            causal: the model; its weights stay frozen, or are those that learn (`core.training.whole`).
            rows: rows to train on, at least one.
            validation: rows for the validation loss; may be empty.
            settings: training settings.
            texts: pieces of text, which make up `passage_share` of the rows of each step.
            general: general rows, which make up `general_share` of each step and keep the run to its base model.
            rejected: rows with other answers to the same questions, which the run is to prefer those of `rows` to; or none.
            facts: how many facts the rows ask for, which an epoch shows once each; None if every row asks for its own.
            start: the adapter to begin with, in peft's format; None for a fresh one, which has no effect yet.
            team: the processes that take the steps together; None if this is the only one.

        Raises:
            InputError: the model has no layers to attach an adapter to, or the one to begin with does not fit.
            SetupError: the adapter to begin with is missing or damaged.
        """
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.team = team or Team()
        self.rows = rows
        self.texts = texts
        self.general = general
        self.model = causal.model if settings.method == "full" else attach_adapter(causal, settings)
        if start:
            begin_with(self.model, start)
        if self.team.is_divided:
            from core.training.team.dividing import divide  # torch's part for this takes a second to import

            divide(causal, self.model, self.team)
        self.causal = replace(causal, model=self.model)
        self.validation = validation
        self.weights = {name: weight for name, weight in self.model.named_parameters() if weight.requires_grad}
        is_cpu = causal.device == "cpu"
        self.optimizer = torch.optim.AdamW(self.weights.values(), lr=settings.learning_rate, weight_decay=0.0, fused=is_cpu)
        self.may_share = can_share(self.model, rows, dtype=causal.dtype, device=causal.device)
        self.is_plain = has_plain_output(self.model, rows[0], dtype=causal.dtype, device=causal.device)
        self.preferences = None
        if rejected:
            beta, may_share = settings.preference_beta, self.may_share
            self.preferences = Preferences(self.causal, rows, rejected, beta=beta, may_share=may_share)
        # Divided, all processes go through the model equally often: one alone cannot try again with smaller packs.
        self.pack_tokens = PACK_TOKENS["cpu" if self.team.is_divided else causal.device]
        self.least_tokens = self.pack_tokens if self.team.is_divided else LEAST_PACK_TOKENS
        in_step = settings.batch_size * settings.gradient_accumulation
        self.texts_per_step = min(max(1, round(settings.passage_share * in_step)), in_step - 1) if texts else 0
        most = in_step - self.texts_per_step - 1
        self.general_per_step = min(max(1, round(settings.general_share * in_step)), most) if general else 0
        self.rows_per_step = in_step - self.texts_per_step - self.general_per_step
        in_epoch = len(rows) if facts is None else min(facts, len(rows))
        self.steps_per_epoch = max(1, math.ceil(in_epoch / self.rows_per_step))
        self.steps = settings.max_steps or max(1, math.ceil(settings.epochs * in_epoch / self.rows_per_step))
        self.validate_every = max(1, min(self.steps_per_epoch, math.ceil(self.steps / 4)))
        # Saved in checkpoints, besides tensors:
        self.step = 0
        self.losses: list[float] = []
        self.validation_losses: dict[int, float] = {}
        self.token_count = 0
        self.row_count = 0
        self.training_s = 0.0
        self.drift: float | None = None  # of the last step

    @property
    def has_new_best(self) -> bool:
        """Whether the step just taken was validated, and no earlier one had a lower loss."""
        return self.step > 0 and self.best_step == self.step

    @property
    def best_step(self) -> int:
        """The step with the lowest validation loss, the later of equals; 0 if no step was validated yet."""
        measured = {step: loss for step, loss in self.validation_losses.items() if step > 0}
        return min(measured, key=lambda step: (measured[step], -step), default=0)

    @property
    def is_measured(self) -> bool:
        """Whether the validation loss was measured at this step."""
        return self.step in self.validation_losses

    def measure(self) -> None:
        """Measure the validation loss at this step, if there are rows for it and it is not known.

        Before the first step that is the loss of what the training begins with: the base model or an earlier run.
        """
        if self.validation and not self.is_measured:
            self.validation_losses[self.step] = self._validate()

    def rehearse(self) -> None:
        """Compute the gradients of a step with the longest rows and drop them: if memory is short, it shows at once.

        Raises:
            SetupError: not enough memory.
        """
        self.model.train()
        with self.team.together(), memory_errors(), torch.random.fork_rng():  # dropout draws numbers
            longest = longest_places(self.rows, self.rows_per_step)
            others = self.texts[: self.texts_per_step], self.general[: self.general_per_step]
            _, self.pack_tokens = fit(partial(self._backward, longest, *others), self.pack_tokens, least=self.least_tokens)
        self.optimizer.zero_grad(set_to_none=True)

    def take_step(self) -> Progress:
        """Train on the next rows and return the progress.

        Raises:
            ModelError: the loss is not finite.
            SetupError: not enough memory.
        """
        started_s = time.perf_counter()
        chosen = self._next(len(self.rows), self.rows_per_step)
        batch = [self.rows[index] for index in chosen]
        texts = [self.texts[index] for index in self._next(len(self.texts), self.texts_per_step)]
        general = [self.general[index] for index in self._next(len(self.general), self.general_per_step)]
        learning_rate = learning_rate_at(self.step, self.steps, settings=self.settings)
        for options in self.optimizer.param_groups:
            options["lr"] = learning_rate
        self.model.train()
        work = partial(self._backward, chosen, texts, general)
        with self.team.together(), memory_errors():
            (loss, drift), self.pack_tokens = fit(work, self.pack_tokens, least=self.least_tokens)
        loss, drift_sum = self.team.add_up(self.weights.values(), (loss, drift or 0.0))
        self.drift = None if drift is None else drift_sum
        if not math.isfinite(loss):
            raise ModelError(
                f"The loss is not a number any more at step {self.step + 1}.",
                "Lower learning_rate, or use precision fp32; a checkpoint from before is kept.",
            )
        if is_diverging([*self.losses, loss]):
            raise ModelError(
                f"The training came apart: its error rose from {min(self.losses):.1f} to {loss:.1f}.",
                f"Train again with a learning_rate of {self.settings.learning_rate / 3:.1g} in place of "
                f"{self.settings.learning_rate:g}.",
            )
        gradient_norm = float(nn.utils.clip_grad_norm_(self.weights.values(), GRADIENT_NORM))
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        seconds = time.perf_counter() - started_s
        count = sum(len(row.tokens) for row in (*batch, *texts, *general))
        self.step += 1
        self.losses.append(loss)
        self.token_count += count
        self.training_s += seconds
        self.row_count += len(batch) + len(texts) + len(general)
        if self.step % self.validate_every == 0 or self.step == self.steps:
            self.measure()
        return Progress(
            step=self.step,
            steps=self.steps,
            epoch=round(self.step * self.rows_per_step / len(self.rows), 3),
            loss=loss,
            learning_rate=learning_rate,
            tokens_per_s=round(count / seconds, 1),
            gradient_norm=round(gradient_norm, 4),
            memory_bytes=held_bytes(self.causal.device),
            validation_loss=self.validation_losses.get(self.step),
            drift=self.drift,
        )

    def numbers(self) -> dict[str, Any]:
        """Return the state to save in a checkpoint besides tensors, as JSON types."""
        return {
            "step": self.step,
            "losses": self.losses,
            "validation_losses": {str(step): loss for step, loss in self.validation_losses.items()},
            "token_count": self.token_count,
            "row_count": self.row_count,
            "training_s": self.training_s,
            "drift": self.drift,
        }

    def tensors(self) -> dict[str, Tensor]:
        """Return adapter, optimizer and random state by name; names with `adapter.` are the trainable weights."""
        tensors = self.adapter()
        for name, weight in self.weights.items():
            for key, value in self.optimizer.state.get(weight, {}).items():
                tensors[f"optimizer.{key}.{name}"] = value.detach().cpu()
        tensors["random.cpu"] = torch.get_rng_state()
        if self.causal.device == "cuda":
            tensors["random.cuda"] = torch.cuda.get_rng_state()
        return tensors

    def adapter(self) -> dict[str, Tensor]:
        """Return the trainable weights on the CPU, by name with the prefix `adapter.`; they change with the next step."""
        return {f"adapter.{name}": weight.detach().cpu() for name, weight in self.weights.items()}

    def restore(self, numbers: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        """Restore the state returned by `numbers` and `tensors`."""
        self.restore_adapter(tensors)
        for name, weight in self.weights.items():
            keys = ("step", "exp_avg", "exp_avg_sq")
            if f"optimizer.step.{name}" not in tensors:  # a weight that got no gradient yet
                continue
            state = {key: tensors[f"optimizer.{key}.{name}"] for key in keys}
            self.optimizer.state[weight] = {
                key: value if key == "step" else value.to(weight.device) for key, value in state.items()
            }
        torch.set_rng_state(tensors["random.cpu"])
        if "random.cuda" in tensors and self.causal.device == "cuda":
            torch.cuda.set_rng_state(tensors["random.cuda"])
        self.step = numbers["step"]
        self.losses = numbers["losses"]
        self.validation_losses = {int(step): loss for step, loss in numbers["validation_losses"].items()}
        self.token_count = numbers["token_count"]
        self.row_count = numbers["row_count"]
        self.training_s = numbers["training_s"]
        self.drift = numbers.get("drift")

    def restore_adapter(self, tensors: dict[str, Tensor]) -> None:
        """Restore only the trainable weights."""
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.copy_(tensors[f"adapter.{name}"])

    def metrics(self) -> dict[str, Any]:
        """Return the run's metrics so far; `recent_loss` is the mean of the last RECENT steps."""
        recent = self.losses[-RECENT:]
        return {
            "steps": self.step,
            "loss": self.losses[-1] if self.losses else None,
            "recent_loss": sum(recent) / len(recent) if recent else None,
            "validation_loss": self.validation_losses.get(self.step),
            "drift": self.drift,
            **self._preferred(),
            "base_validation_loss": self.validation_losses.get(0),
            "tokens_per_s": round(self.token_count / self.training_s, 1) if self.training_s else 0.0,
            "rows_per_s": round(self.row_count / self.training_s, 2) if self.training_s else 0.0,
            "peak_memory_bytes": peak_bytes(self.causal.device),
            "seconds_per_step": round(self.training_s / self.step, 3) if self.step else 0.0,
            "trainable_weights": sum(weight.numel() for weight in self.weights.values()),
            "adapted_layers": adapted(self.model),
            "weights_bytes": int(self.model.get_memory_footprint()),
            "held_weight_bytes": held_weight_bytes(self.model),
            "device": self.causal.device,
        }

    def _preferred(self) -> dict[str, float]:
        """Return for which share of the questions the preferred answer was likelier at the start, and is now."""
        if not self.preferences:
            return {}
        before, after = self.preferences.preferred()
        return {"preferred_before": round(before, 4), "preferred": round(after, 4)}

    def _backward(
        self, chosen: Sequence[int], texts: Sequence[Encoded], general: Sequence[Encoded], pack_tokens: int
    ) -> tuple[float, float | None]:
        """Compute the gradients of a step; return the mean loss over the answer tokens of chosen rows, and the mean drift.

        Pairs and texts are means of their own, weighted by their rows: else the tokens of a text would outweigh answers. The
        drift on general rows is added with a weight of its own; without such rows there is none.
        """
        self.optimizer.zero_grad(set_to_none=True)  # gradients of an attempt that ran out of memory
        share = len(texts) / (len(chosen) + len(texts))
        if texts:
            self._add_gradients(texts, share, pack_tokens)
        drift = None
        if general:
            drift = self._add_gradients(general, self.settings.general_weight, pack_tokens, of=drifts)
        if self.preferences:
            own = chosen[self.team.rank :: self.team.size]
            return self.preferences.add_gradients(own, pack_tokens, of=len(chosen)), drift
        return self._add_gradients([self.rows[index] for index in chosen], 1 - share, pack_tokens), drift

    def _add_gradients(
        self,
        rows: Sequence[Encoded],
        weight: float,
        pack_tokens: int,
        *,
        of: Callable[[Any, Pack], Tensor] | None = None,
    ) -> float:
        """Add the gradients of `weight` times the mean loss, or other measure, over what rows learn; return that mean.

        Of a team, each process adds those of its share of the rows, so that the sum over all is the same.
        """
        by_token = of or partial(token_losses, is_plain=self.is_plain)
        learned_count = sum(len(row.tokens) - row.answer_start for row in rows)
        own = self.team.share(rows)
        total = 0.0
        for chosen in self.team.passes(list(group(own, pack_tokens, may_share=self.may_share))):
            learned = rows[:1] if chosen is None else [own[index] for index in chosen]
            packed = pack(learned, dtype=self.causal.dtype, device=self.causal.device)
            loss = by_token(self.model, packed).sum() / learned_count * (chosen is not None)
            (weight * loss).backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        return total

    def _next(self, count: int, in_step: int) -> list[int]:
        """Return which of `count` rows or texts the next step takes; the order depends only on the seed and the epoch."""
        start = self.step * in_step
        orders: dict[int, list[int]] = {}
        chosen = []
        for position in range(start, start + in_step):
            epoch, place = divmod(position, count)
            if epoch not in orders:
                generator = torch.Generator().manual_seed(self.settings.seed * 1_000_003 + epoch)
                orders[epoch] = torch.randperm(count, generator=generator).tolist()
            chosen.append(orders[epoch][place])
        return chosen

    def _validate(self) -> float:
        """Return the mean loss over the validation rows, each weighted equally."""
        with self.team.together():
            losses = mean_losses(self.causal, self.validation, may_share=self.may_share)
        return sum(losses) / len(losses)


def attach_adapter(causal: CausalModel, settings: TrainingSettings) -> Any:
    """Return the model with an adapter on all linear layers that read text but the output layer, or on those named.

    Sources: Hu et al. 2021 (LoRA); for all layers, Dettmers et al. 2023; Kalajdzievski 2023 (rsLoRA: scaled by the root of
    the rank); Liu et al. 2024 (DoRA). The adapter's weights are fp32, whatever the model's precision.

    Raises:
        InputError: the model has no such layers.
    """
    config = LoraConfig(
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        use_rslora=settings.method == "rslora",
        use_dora=settings.method == "dora",
        target_modules="all-linear" if settings.layers == "all" else adapted_layers(causal.model, settings.layers),
        exclude_modules=left_out(causal.model),
        task_type="CAUSAL_LM",
    )
    choosers = list(routers(causal.model))
    try:
        with peft_warnings_logged():
            tuned = get_peft_model(causal.model, config)
    except ValueError as error:
        raise InputError("No adapter fits on this model.", "Choose another model.") from error
    freeze(tuned, choosers)
    join_products(tuned)
    return tuned


def adapted_layers(model: nn.Module, layers: Layers) -> list[str]:
    """Return the names of a model's linear layers that belong to its MLPs or to its attention.

    Raises:
        InputError: no layer is called so.
    """
    mark = re.compile(_LAYER_NAMES[layers])
    names = [name for name, module in model.named_modules() if isinstance(module, (nn.Linear, Conv1D)) and mark.search(name)]
    if not names:
        raise InputError(f"This model has no layers called {layers}.", "Train all layers.")
    return names


def learning_rate_at(step: int, steps: int, *, settings: TrainingSettings) -> float:
    """Return the learning rate of step `step` (from 0): linear warmup, then cosine decay to zero.

    Source: Loshchilov and Hutter 2017 (SGDR), equation 5, without restarts.
    """
    warmup = math.ceil(settings.warmup_share * steps)
    if step < warmup:
        return settings.learning_rate * (step + 1) / (warmup + 1)
    share = (step - warmup) / max(1, steps - warmup)
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * share))
