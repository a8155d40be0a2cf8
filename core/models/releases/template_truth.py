"""Whether an exported model reads conversations in the very tokens that the run was trained on.

The same conversations are put into tokens as in training, by transformers as it loads the exported folder, and by llama.cpp
as it loads the exported file with the template in it: by its library, as Garrison asks it, and by its server's own reading
of the template, as everybody else does. Import this module inside the functions that need it: it loads transformers.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.errors import GarrisonError, InputError
from core.models.agreement import PROBES, spaced
from core.models.conversation import Vocabulary, fitting, prompt_tokens
from core.models.engine.supervisor import Supervisor
from core.models.llama import LlamaVocabulary, load_vocabulary
from core.models.vocabulary import TransformersVocabulary
from core.records import ModelFormat

Reader = Literal["transformers", "llama.cpp", "llama.cpp's server"]
Conversation = list[dict[str, str]]
MOST_SPELLED = 8  # control tokens that one text spells


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A conversation to read. Where its text spells control tokens, only readers that know text from template can."""

    words: str
    messages: Conversation
    spells_marks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """The first difference: token `position` (from 1) of a case, as text; None where one of both has no more tokens."""

    reader: Reader
    case: str
    position: int
    trained: str | None
    read: str | None

    def error(self) -> InputError:
        """Build the error that says so."""
        return InputError(
            f"{self.reader} reads {self.case} otherwise than the run was trained: token {self.position} is "
            f"{_shown(self.read)} and was {_shown(self.trained)}. Nothing was exported.",
            "Export the adapter, which is used with the base model as it is, or train on a GGUF of this model.",
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """What was compared: the readers, and the number of conversations."""

    readers: tuple[Reader, ...]
    cases: int

    def words(self) -> str:
        """Return what was compared, in a sentence."""
        if not self.readers:
            return "An adapter reads nothing by itself: it is used with the base model and the template beside it."
        return (
            f"Training and {' and '.join(self.readers)} read {self.cases} conversations in the same tokens: one turn, "
            "several turns, an instruction, special characters, and text that looks like control tokens."
        )


def cases(vocabulary: Vocabulary) -> list[Case]:
    """Return the conversations that are compared."""
    marks = sorted(vocabulary.marks, key=vocabulary.marks.__getitem__)[:MOST_SPELLED]
    spelled = f"The marks {' and '.join(marks)} are text."
    plain = PROBES["plain words"]
    return [
        Case(words="a conversation of one turn", messages=_talk(plain)),
        Case(words="a conversation of several turns", messages=_talk(plain, "In the box.", "And who signed for it?")),
        Case(words="a conversation with an instruction", messages=_talk(plain, system="Answer in one sentence.")),
        *(Case(words=f"a conversation with {kind}", messages=_talk(text, text, text)) for kind, text in PROBES.items()),
        Case(
            words="text that looks like control tokens",
            messages=_talk(spelled, spelled, spelled, system=spelled),
            spells_marks=True,
        ),
    ]


def check_gguf(file: Path, trained: Vocabulary, template: str) -> Checked:
    """Check that llama.cpp reads conversations with an exported file in the tokens of training.

    Args:
        file: the exported GGUF, with its own template.
        trained: the vocabulary that the run was trained with.
        template: the template that it was trained with.

    Raises:
        InputError: it does not; the message tells the first difference.
        SetupError: llama.cpp cannot load the file.
    """
    engine = load_vocabulary(file)
    asked = cases(trained)

    def by_library(case: Case) -> Sequence[int]:
        return prompt_tokens(engine, engine.template, case.messages)

    _compare("llama.cpp", asked, trained, template, by_library, _piece_of(engine))
    with closing(_Server(file)) as server:

        def by_server(case: Case) -> Sequence[int]:
            return server.read(fitting(template, case.messages))

        plain = [case for case in asked if not case.spells_marks]
        _compare("llama.cpp's server", plain, trained, template, by_server, _piece_of(engine))
    return Checked(("llama.cpp", "llama.cpp's server"), len(asked))


def check_folder(folder: Path, trained: Vocabulary, template: str) -> Checked:
    """Check that transformers reads conversations with an exported folder in the tokens of training.

    Raises:
        InputError: it does not; the message tells the first difference.
    """
    tokenizer = _tokenizer(folder)
    read = TransformersVocabulary(spaced(tokenizer))
    asked = cases(trained)

    def by_transformers(case: Case) -> Sequence[int]:
        if case.spells_marks:
            return prompt_tokens(read, tokenizer.chat_template, case.messages)
        messages = [dict(message) for message in fitting(template, case.messages)]
        given = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=False)
        ids: list[int] = list(given)
        return ids if trained.opening is None or ids[:1] == [trained.opening] else [trained.opening, *ids]

    def piece(token: int) -> str:
        return str(tokenizer.convert_ids_to_tokens(token))

    _compare("transformers", asked, trained, template, by_transformers, piece)
    return Checked(("transformers",), len(asked))


def trained_vocabulary(path: Path, format: ModelFormat) -> Vocabulary:
    """Return the vocabulary that a run on the base model at `path` was trained with, without loading weights."""
    return load_vocabulary(path) if format == "gguf" else TransformersVocabulary(spaced(_tokenizer(path)))


class _Server:
    """llama-server with an exported file, asked for its own reading of conversations."""

    def __init__(self, file: Path) -> None:
        self._file, self._supervisor = file, Supervisor(slots=1)

    def read(self, messages: Sequence[Any]) -> list[int]:
        with self._supervisor.serving(self._file) as serving:
            ask = serving.client._json  # noqa: SLF001 endpoints that answer nobody's question: only this check needs them
            prompt = ask("POST", "/apply-template", {"messages": [dict(message) for message in messages]})["prompt"]
            told = ask("POST", "/tokenize", {"content": prompt, "add_special": True, "parse_special": True})
        return [int(token) for token in told["tokens"]]

    def close(self) -> None:
        self._supervisor.stop()


def _compare(
    reader: Reader,
    asked: Sequence[Case],
    trained: Vocabulary,
    template: str,
    read: Callable[[Case], Sequence[int]],
    piece: Callable[[int], str],
) -> None:
    for case in asked:
        left = prompt_tokens(trained, template, case.messages)
        try:
            right = read(case)
        except GarrisonError:
            raise
        except (ValueError, TypeError, KeyError) as error:  # transformers' own, and jinja's
            raise InputError(
                f"{reader} cannot use the chat template with {case.words}. Nothing was exported.",
                "Export the adapter, or train on a model with another template.",
            ) from error
        if mismatch := _first(reader, case.words, left, right, piece):
            raise mismatch.error()


def _first(
    reader: Reader, case: str, trained: Sequence[int], read: Sequence[int], piece: Callable[[int], str]
) -> Mismatch | None:
    if list(trained) == list(read):
        return None
    shorter = min(len(trained), len(read))
    at = next((place for place in range(shorter) if trained[place] != read[place]), shorter)
    return Mismatch(
        reader=reader,
        case=case,
        position=at + 1,
        trained=piece(trained[at]) if at < len(trained) else None,
        read=piece(read[at]) if at < len(read) else None,
    )


def _shown(piece: str | None) -> str:
    return "missing" if piece is None else repr(piece)


def _piece_of(vocabulary: LlamaVocabulary) -> Callable[[int], str]:
    marks = {token: mark for mark, token in vocabulary.marks.items()}
    return lambda token: marks.get(token) or vocabulary.piece(token).decode("utf-8", errors="replace")


def _talk(question: str, *others: str, system: str = "") -> Conversation:
    turns = [question, *others]
    spoken = [{"role": "assistant" if at % 2 else "user", "content": text} for at, text in enumerate(turns)]
    return ([{"role": "system", "content": system}] if system else []) + spoken


def _tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
