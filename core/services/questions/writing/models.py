"""The models that can write questions: GGUF models on this machine, and models on hosts that an administrator allows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.errors import InputError, SetupError
from core.files import sha256_text
from core.models import registry
from core.models.engine.settings import Host, read_engine_settings
from core.models.model_formats import is_for
from core.models.text import TextGenerator
from core.questions.writers.fitting import Room
from core.questions.writers.writer import Writer
from core.settings import GenerationSettings
from core.storage import Workspace

SURROUNDINGS_TOKENS = 600  # of what stands around a passage in a prompt, terms included
INSTRUCTION_TOKENS = 900  # of the longest prompt that ships
MEMORY_SHARE = 0.25  # of free memory, for what is being written
HOST_TOKENS = 8192  # read by a host that does not say how many
BYTES_PER_TOKEN = 3  # of UTF-8: fewer than models of hosts usually put into a token


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingModel:
    """A model that can write questions: a file on this machine, or a host."""

    name: str
    sha256: str  # of the file; of address and name for a host, whose weights nobody here sees
    path: Path | None = None
    host: Host | None = None
    size_bytes: int | None = None  # of the file


@dataclass(frozen=True, slots=True)
class OpenedModel:
    """A model ready to write; `room` is what a prompt may take, None for a writer that needs little."""

    generator: TextGenerator
    room: Room | None


def find_writing_model(workspace: Workspace, name: str) -> WritingModel:
    """Return the host or else the GGUF model called `name`.

    Raises:
        SetupError: it is not on this machine, or `engine.toml` is invalid.
        InputError: it is not a GGUF file.
    """
    host = read_engine_settings(workspace.home).hosts.get(name)
    if host is not None:
        return WritingModel(name=name, sha256=sha256_text(f"{host.address}\n{host.model}"), host=host)
    model = registry.find_model(registry.model_folders(workspace.home), name)
    if not is_for(model, "questions"):
        raise InputError(f"{model.name} cannot write questions: it is not a GGUF file.", "Choose a GGUF model.")
    return WritingModel(name=model.name, sha256=model.sha256, path=Path(model.path), size_bytes=model.size_bytes)


def writing_models(workspace: Workspace) -> list[str]:
    """Return the names of all models that can write questions, those of this machine first.

    Raises:
        SetupError: `engine.toml` is invalid.
    """
    here = [model.name for model in registry.models_for("questions", registry.model_folders(workspace.home))]
    return [*here, *(name for name in sorted(read_engine_settings(workspace.home).hosts) if name not in here)]


@contextmanager
def opened(
    workspace: Workspace,
    model: WritingModel,
    writer: Writer,
    settings: GenerationSettings,
    *,
    passage_tokens: int,
    check: Callable[[], None] = lambda: None,
) -> Iterator[OpenedModel]:
    """Yield the model ready to write in the way of `writer`, about passages of up to `passage_tokens`.

    `check` is called now and then while the model is prepared; an exception from it stops that.

    Raises:
        SetupError: the model cannot be loaded.
    """
    if model.host is not None:
        from core.models.engine.remote import HostGenerator, HostModel

        hosted = HostModel(model.name, model.host)
        with HostGenerator(hosted, requests=settings.batch_sequences) as generator:
            yield OpenedModel(generator, Room(hosted.longest_tokens() or HOST_TOKENS, _estimated_tokens))
        return
    if model.path is None:
        raise SetupError(f"{model.name} is neither here nor on a host.", "Choose another model.")
    from core.models.engine.apart import WriterApart
    from core.models.unpacked import batch_gguf

    path = batch_gguf(model.path, workspace.unpacked_folder, report=lambda _: check())
    if writer.answer_tokens is None:
        with WriterApart(path, sequences=settings.batch_sequences) as apart:
            yield OpenedModel(apart, None)
        return
    from core.models.llama import token_counter

    wanted = INSTRUCTION_TOKENS + SURROUNDINGS_TOKENS + 2 * passage_tokens + writer.answer_tokens(settings)
    tokens, sequences = _shared_memory(path, wanted, settings.batch_sequences)
    with WriterApart(path, sequences=sequences, context_tokens=sequences * tokens) as apart:
        yield OpenedModel(apart, Room(tokens, token_counter(path)))


def _estimated_tokens(text: str) -> int:
    return len(text.encode()) // BYTES_PER_TOKEN + 1


def _shared_memory(path: Path, wanted: int, sequences: int) -> tuple[int, int]:
    """Return the tokens of each sequence and how many sequences fit into memory, of up to `sequences`."""
    from core.models.engine.context import bytes_per_token, made_for_tokens, read_head

    tokens = min(wanted, made_for_tokens(path) or wanted)
    free = int(psutil.virtual_memory().available * MEMORY_SHARE) // max(1, bytes_per_token(read_head(path)))
    return max(256, min(tokens, free)), max(1, min(sequences, free // max(1, tokens)))
