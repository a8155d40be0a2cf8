"""Answers of a causal model through transformers: piece by piece, or many questions at once. Imports torch."""

from collections.abc import Generator, Mapping, Sequence

import torch

from core.errors import InputError
from core.models.causal import CausalModel
from core.models.conversation import prompt_tokens, turn_of
from core.models.text import Pace
from core.models.torch_setup import memory_errors


@torch.inference_mode()
def generate_stream(
    causal: CausalModel,
    messages: Sequence[Mapping[str, str]],
    *,
    max_tokens: int = 256,
    temperature: float = 0.0,
    seed: int | None = None,
) -> Generator[str, None, Pace]:
    """Yield the answer to the last message in pieces and return its pace; closing the generator stops the model.

    Args:
        causal: the model that answers.
        messages: `role` and `content`, oldest first.
        max_tokens: longest answer.
        temperature: 0 gives the likeliest answer.
        seed: sampling seed, for temperatures above 0; None for a random one.

    Raises:
        InputError: the conversation leaves no room for an answer.
        SetupError: not enough memory.
    """
    tokens = prompt_tokens(causal.vocabulary, causal.template, messages)
    room = causal.context_tokens - len(tokens)
    if room < 1:
        raise InputError(
            f"The conversation has {len(tokens)} tokens; this model reads {causal.context_tokens}.",
            "Start a new conversation or shorten the message.",
        )
    turn = turn_of(causal.vocabulary, causal.template)
    generator = torch.Generator(causal.device)
    generator.seed() if seed is None else generator.manual_seed(seed)
    written: list[int] = []
    shown = ""
    is_over = False
    cache = None
    inputs = torch.tensor([tokens], device=causal.device)
    with memory_errors():
        for _ in range(min(max_tokens, room)):
            output = causal.model(input_ids=inputs, past_key_values=cache, use_cache=True)
            cache = output.past_key_values
            token = _choose(output.logits[0, -1].float(), temperature, generator)
            if token in turn.ends:
                is_over = True
                break
            written.append(token)
            text, is_over = _cut(causal, written, turn.stops)
            if len(text) > len(shown) and not text.endswith("\ufffd"):  # a character may be spread over tokens
                yield text[len(shown) :]
                shown = text
            if is_over:
                break
            inputs = torch.tensor([[token]], device=causal.device)
    text, _ = _cut(causal, written, turn.stops, is_last=True)
    if len(text) > len(shown):
        yield text[len(shown) :]
    return Pace(
        read_count=len(tokens), cached_count=0, token_count=len(written), tokens_per_second=None, is_complete=is_over
    )


@torch.inference_mode()
def generate_batch(
    causal: CausalModel,
    questions: Sequence[str | Sequence[Mapping[str, str]]],
    *,
    max_tokens: int = 128,
    batch_size: int = 16,
) -> list[str]:
    """Return the likeliest answer to each question or conversation (`role`, `content`), in the order of `questions`.

    Questions of similar length are batched together, padded on the left.

    Raises:
        InputError: a question leaves no room for an answer.
        SetupError: not enough memory.
    """
    talks = [[{"role": "user", "content": each}] if isinstance(each, str) else each for each in questions]
    prompts = [prompt_tokens(causal.vocabulary, causal.template, talk) for talk in talks]
    longest = max(map(len, prompts), default=0)
    if longest >= causal.context_tokens:
        raise InputError(
            f"A question has {longest} tokens; this model reads {causal.context_tokens}.", "Shorten the question."
        )
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    answers = [""] * len(prompts)
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        for index, answer in zip(chosen, _generate(causal, [prompts[i] for i in chosen], max_tokens), strict=True):
            answers[index] = answer
    return answers


@torch.inference_mode()
def continue_batch(causal: CausalModel, prompts: Sequence[Sequence[int]], *, max_tokens: int) -> list[str]:
    """Return the likeliest continuation of each prompt of tokens, all at once; "" for one that leaves no room.

    Raises:
        SetupError: not enough memory.
    """
    fitting = [at for at, prompt in enumerate(prompts) if len(prompt) < causal.context_tokens]
    texts = [""] * len(prompts)
    if fitting:
        written = _generate(causal, [prompts[at] for at in fitting], max_tokens)
        for at, text in zip(fitting, written, strict=True):
            texts[at] = text
    return texts


def _choose(logits: torch.Tensor, temperature: float, generator: torch.Generator) -> int:
    if temperature <= 0:
        return int(logits.argmax())
    return int(torch.multinomial(torch.softmax(logits / temperature, dim=-1), 1, generator=generator))


def _cut(causal: CausalModel, tokens: Sequence[int], stops: Sequence[str], *, is_last: bool = False) -> tuple[str, bool]:
    """Return the text of `tokens` that is certain to be shown, left-stripped, and whether one of `stops` ended it."""
    text: str = causal.tokenizer.decode(tokens, skip_special_tokens=True).lstrip()
    cuts = [at for stop in stops if (at := text.find(stop)) >= 0]
    if cuts:
        return text[: min(cuts)].rstrip(), True
    if is_last:
        return text, False
    begun = [size for stop in stops for size in range(1, len(stop)) if text.endswith(stop[:size])]
    return text[: len(text) - max(begun, default=0)], False  # what may become a stop is held back


def _generate(causal: CausalModel, prompts: Sequence[Sequence[int]], max_tokens: int) -> list[str]:
    from transformers import GenerationConfig

    width = max(map(len, prompts))
    turn = turn_of(causal.vocabulary, causal.template)
    padding = causal.tokenizer.pad_token_id if causal.tokenizer.pad_token_id is not None else 0
    ids = torch.tensor([[padding] * (width - len(prompt)) + list(prompt) for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    room = min(max_tokens, causal.context_tokens - width)
    config = GenerationConfig(max_new_tokens=room, do_sample=False, eos_token_id=sorted(turn.ends), pad_token_id=padding)
    with memory_errors():
        output = causal.model.generate(
            input_ids=ids.to(causal.device), attention_mask=mask.to(causal.device), generation_config=config
        )
    return [_cut(causal, row[width:].tolist(), turn.stops, is_last=True)[0].strip() for row in output]
