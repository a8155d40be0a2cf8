"""The prompts that larger models write with: files that people read, edit and reset, and how a passage is put into one.

What comes from a document stands between marks that the document does not contain, and nothing within it is replaced.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from core.errors import InputError
from core.questions.writers.writer import Excerpt
from core.words import check_choice

PLACE = re.compile(r"\{\{(\w+)\}\}")
LONGEST_PROMPT = 20_000  # characters, without what is put into it
NOTHING = "(none)"
LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "et": "Estonian", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hr": "Croatian", "hu": "Hungarian",
    "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "nl": "Dutch", "no": "Norwegian",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian",
    "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PromptFile:
    """A prompt that ships as `prompts/NAME.txt`; `needs` are the places without which it would make no sense."""

    name: str
    words: str  # shown to people
    description: str  # a sentence
    needs: tuple[str, ...] = ("passage",)


WAYS: dict[str, PromptFile] = {  # of rewriting a passage
    prompt.name: prompt
    for prompt in (
        PromptFile("key_concepts", "Text: key concepts", "Explains the concepts of a passage one by one."),
        PromptFile("mind_map", "Text: mind map", "Puts what a passage says into nested lists."),
        PromptFile("implications", "Text: what follows", "Says what each statement means in practice."),
        PromptFile("critical_questions", "Text: questions that make think", "Asks and answers with reasons."),
        PromptFile("case_studies", "Text: case studies", "Tells how people act by what a passage says."),
        PromptFile("discussions", "Text: discussion", "Lets two colleagues go through a passage."),
        PromptFile("teacher", "Text: as a teacher", "Explains a passage to a beginner, step by step."),
    )
}
PROMPTS: dict[str, PromptFile] = {
    prompt.name: prompt
    for prompt in (
        PromptFile("several", "Several pairs for a passage", "Asks for question pairs of several kinds at once."),
        PromptFile(
            "link", "Questions over two passages", "Asks what only both passages together answer.", ("passage", "second")
        ),
        PromptFile("unanswerable", "Not in the document", "Asks for questions that the passage does not answer."),
        PromptFile(
            "check", "Answer from the passage", "Lets the model answer a question, to see whether it can be answered."
        ),
        PromptFile("other_words", "A question in other words", "Asks a question again in other words.", ("question",)),
        *WAYS.values(),
    )
}


@cache
def shipped(name: str) -> str:
    """Return the prompt called `name` as it ships.

    Raises:
        InputError: there is none.
    """
    check_choice("prompt", name, PROMPTS)
    return files("core.questions.writers").joinpath("prompts", f"{name}.txt").read_text(encoding="utf-8")


def prompt_text(name: str, edited: Mapping[str, str]) -> str:
    """Return the prompt called `name`: as `edited` has it, or else as it ships."""
    return edited.get(name) or shipped(name)


def check_prompt(name: str, text: str) -> None:
    """Check that an edited prompt can be used.

    Raises:
        InputError: it is too long, names a place that is not known, or lacks one that it needs.
    """
    shipped(name)
    known = {*PLACE.findall(shipped(name)), *PROMPTS[name].needs}
    named = set(PLACE.findall(text))
    missing = [place for place in PROMPTS[name].needs if place not in named]
    if missing:
        raise InputError(f"The prompt lacks {_spelled(missing)}.", "Put it where that text is to stand.")
    if unknown := sorted(named - known):
        raise InputError(
            f"The prompt names {_spelled(unknown)}, which nothing is known of.", f"Use {_spelled(sorted(known))}."
        )
    if len(text) > LONGEST_PROMPT:
        raise InputError(f"The prompt has {len(text):,} characters.", f"Shorten it to {LONGEST_PROMPT:,}.")


def _spelled(places: Iterable[str]) -> str:
    return ", ".join(f"{{{{{place}}}}}" for place in places)


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return `template` with each place replaced once, so that what a document spells is never a place."""
    return PLACE.sub(lambda place: values.get(place[1], place[0]), template)


def excerpt_values(excerpt: Excerpt) -> dict[str, str]:
    """Return what an excerpt puts into the places of a prompt; text of a document stands between marks."""
    passage = excerpt.passage
    texts = {"passage": passage.text, "before": excerpt.before, "after": excerpt.after}
    if excerpt.linked:
        texts["second"] = excerpt.linked.text
    mark = free_mark([*texts.values(), *excerpt.terms, *excerpt.terms.values()])
    terms = "\n".join(f"{_line(term)}: {_line(meaning)}" for term, meaning in excerpt.terms.items())
    return {
        "title": _line(excerpt.title) or NOTHING,
        "heading": _line(passage.heading) or NOTHING,
        "language": LANGUAGES.get(excerpt.language or "", "the language of the passage"),
        "terms": f"{mark}\n{terms}\n{mark}" if terms else NOTHING,
        "shared": _line(excerpt.shared) or NOTHING,
        **{name: f"{mark}\n{text.strip()}\n{mark}" if text.strip() else NOTHING for name, text in texts.items()},
    }


def free_mark(texts: Iterable[str]) -> str:
    """Return a line of marks that stands in none of `texts`."""
    together, mark = "\n".join(texts), "~~~~"
    while mark in together:
        mark += "~"
    return mark


def _line(text: str) -> str:
    return " ".join(text.split())
