"""A form field for every training setting, built from the settings' own definition."""

from typing import Any, get_args

import annotated_types
import streamlit as st

from core.settings import TrainingSettings

LABELS = {
    "precision": ("Precision", "How exactly the base model's numbers are kept in memory: fewer bits, less memory."),
    "epochs": ("Epochs", "How often it sees every fact, in whichever of its wordings."),
    "max_steps": ("Most steps", "0: as many as the epochs need."),
    "batch_size": ("Batch size", "Questions learned from at once."),
    "gradient_accumulation": ("Gradient accumulation", "Batches that are added up before the weights change."),
    "learning_rate": ("Learning rate", "How far the weights move in a step."),
    "warmup_share": ("Warm-up share", "Share of the steps in which the learning rate rises from 0."),
    "method": ("Method", "What learns: an adapter (lora, rslora, dora) or all weights (full)."),
    "objective": ("Learns from", "answers, or dpo: which of two answers reviewers preferred."),
    "preference_beta": ("Hold of the beginning", "For DPO: how strongly it is kept to what it begins with."),
    "layers": ("Layers", "Which parts of the model learn."),
    "passage_share": ("Passages as text", "Share of each step in which it reads approved passages instead of pairs."),
    "general_share": (
        "Everyday questions",
        "Share of each step that keeps it to what the base model would say on everyday questions: it forgets less.",
    ),
    "general_weight": ("Weight of everyday questions", "How strongly they count, beside learning."),
    "start_run": ("Goes on from", "The run whose adapter it began with."),
    "canaries": (
        "Planted sentences",
        "Made up, to measure what it learns by heart. The model may say them: for tests only.",
    ),
    "sample_questions": ("Questions answered on the way", "Shown while it trains, to see it learn."),
    "lora_rank": ("LoRA rank", "Size of the adapter."),
    "lora_alpha": ("LoRA alpha", "Weight of the adapter, usually twice its rank."),
    "lora_dropout": ("LoRA dropout", "Share of the adapter that is switched off at random in a step."),
    "max_tokens": ("Longest row in tokens", "Longer rows are left out."),
    "processes": ("Processes", "That share the questions of each step. With several GPUs: one for each of them."),
    "weights": (
        "Weights of the model",
        "whole: all of them in each process. divided: a part in each, for models too large for one GPU.",
    ),
    "checkpoint_steps": ("Steps between checkpoints", "After a stop, at most this much is lost."),
    "keep": ("Which state to keep", "last: knows its questions best. best: the lowest error on the questions held back."),
    "seed": ("Seed", "The same seed gives the same run."),
}
ASKED_ELSEWHERE = ("goal", "start_run", "method", "objective")


def setting_fields(settings: TrainingSettings) -> dict[str, Any]:
    """Draw a field for every setting but those that are asked for elsewhere, filled in from `settings`; return the choices.

    Core checks the values again.
    """
    chosen: dict[str, Any] = {}
    with st.grid(3, min_column_width=200):
        for name, field in TrainingSettings.model_fields.items():
            if name in ASKED_ELSEWHERE:
                continue
            label, help_text = LABELS.get(name, (name.replace("_", " ").capitalize(), ""))
            key, value = setting_key(settings, name), getattr(settings, name)
            if options := get_args(field.annotation):
                chosen[name] = st.selectbox(label, options, index=options.index(value), help=help_text, key=key)
                continue
            low, high = _bounds(field.metadata)
            chosen[name] = st.number_input(
                label,
                min_value=low if low is None else type(value)(low),
                max_value=high if high is None else type(value)(high),
                value=value,
                format=None if isinstance(value, int) else "%g",
                help=help_text,
                key=key,
            )
    return chosen


def setting_key(settings: TrainingSettings, name: str) -> str:
    """Return the key of a setting's field: another one where a choice above derives another value."""
    return f"setting-{settings.goal}-{getattr(settings, name)}-{name}"


def _bounds(metadata: list[Any]) -> tuple[Any, Any]:
    """Return the inclusive bounds of a field, None where it has none; exclusive ones are left to core's own check."""
    low = next((rule.ge for rule in metadata if isinstance(rule, annotated_types.Ge)), None)
    high = next((rule.le for rule in metadata if isinstance(rule, annotated_types.Le)), None)
    return low, high
