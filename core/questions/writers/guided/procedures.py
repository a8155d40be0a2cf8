"""The steps of a procedure as facts: which step follows another, and all of them in order."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.questions.writers.guided.asking import lower_first, tidy
from core.questions.writers.guided.wording import WordedFact, Wording
from core.questions.writers.writer import Excerpt
from core.records import Passage

_STEP = re.compile(r"^\s*(?:Step )?\(?(?P<number>\d{1,2})(?:[.):]|\s[–—-])\s+(?P<text>[A-Z].*)$")
_LEAD = re.compile(r"(?:^|(?<=[.!?] ))(?P<lead>To [a-z][^.:!?]{3,80}?|[A-Z][^.:!?]{3,80})\s?(?::|—)\s*$")
FEWEST, MOST, MOST_WORDS = 3, 12, 22  # steps, and words of a step


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps of the procedure `name`: characters `start` to `end` of the passage's text."""

    passage: Passage
    start: int
    end: int
    name: str  # as in "to change the filter" or "“Changing the filter”"
    steps: tuple[str, ...]
    places: tuple[tuple[int, int], ...]


def procedures(passages: Sequence[Passage]) -> Iterator[Steps]:
    """Yield the procedures of passages: lines numbered from 1 below a heading or a line that leads in."""
    for passage in passages:
        lines = list(re.finditer(r"[^\n]+", passage.text))
        for at, line in enumerate(lines):
            match = _STEP.match(line.group())
            if match and match["number"] == "1":
                found = _steps(passage, lines, at)
                if found:
                    yield found


def _steps(passage: Passage, lines: Sequence[re.Match[str]], at: int) -> Steps | None:
    steps, places = [], []
    for number, line in enumerate(lines[at:], start=1):
        match = _STEP.match(line.group())
        if not match or int(match["number"]) != number:
            break
        steps.append(re.split(r"(?<=[a-z)])\. (?=[A-Z])", match["text"], maxsplit=1)[0].strip(" .;"))
        places.append((line.start() + match.start("text"), line.end()))
    name, start = _name(passage, lines, at)
    is_fit = FEWEST <= len(steps) <= MOST and all(len(step.split()) <= MOST_WORDS for step in steps)
    if not is_fit or name is None or len(set(steps)) < len(steps):
        return None
    return Steps(passage=passage, start=start, end=places[-1][1], name=name, steps=tuple(steps), places=tuple(places))


def _name(passage: Passage, lines: Sequence[re.Match[str]], at: int) -> tuple[str | None, int]:
    """Return what a procedure is for, and where it begins."""
    before = lines[at - 1] if at else None
    if before and (lead := _LEAD.search(before.group())):
        text = lead["lead"]
        return (lower_first(text) if text.startswith("To ") else f"“{text}”"), before.start() + lead.start()
    heading = passage.heading.split(" > ")[-1].strip(" #.:")
    return (f"“{heading}”" if 1 < len(heading.split()) <= 8 else None), lines[at].start()


def order_wordings(procedure: Steps) -> Iterator[Wording]:
    """Yield the wordings that ask for all steps in order."""
    answer = " ".join(f"{number}. {tidy(step)}." for number, step in enumerate(procedure.steps, start=1))
    yield Wording(name="open", question=f"What are the steps {_of(procedure)}, in order?", answer=answer)
    yield Wording(name="request", question=f"List the steps {_of(procedure)} in order.", answer=answer)
    count = len(procedure.steps)
    yield Wording(
        name="turned", question=f"{tidy(_of(procedure))}, which {count} steps are taken one after the other?", answer=answer
    )


def step_wordings(procedure: Steps, number: int) -> Iterator[Wording]:
    """Yield the wordings that ask for step `number`, from 1."""
    step, answer = procedure.steps[number - 1], f"{tidy(procedure.steps[number - 1])}."
    yield Wording(name="open", question=f"What is step {number} {_of(procedure)}?", answer=answer)
    if number > 1:
        before = lower_first(procedure.steps[number - 2])
        yield Wording(name="turned", question=f"{tidy(_of(procedure))}, what do you do after this: {before}?", answer=answer)
    if number < len(procedure.steps):
        after = lower_first(procedure.steps[number])
        yield Wording(
            name="reverse",
            question=f"{tidy(_of(procedure))}, which step comes right before this one: {after}?",
            answer=answer,
        )
    yield Wording(name="request", question=f"Tell me step {number} {_of(procedure)}.", answer=answer)
    question = f"{tidy(_of(procedure))}, is step {number} to {lower_first(step)}?"
    if re.match(r"[A-Z][a-z]+ (?:the|a|an|all|any|each|every|no|your|it|on|off|down|up|in|out|to|for)\b", step):
        yield Wording(name="yes", question=question, answer=f"Yes. Step {number}: {step}.")


def _of(procedure: Steps) -> str:
    return procedure.name if procedure.name.startswith("to ") else f"of {procedure.name}"


def worded(excerpts: Sequence[Excerpt]) -> Iterator[WordedFact]:
    """Yield the procedures of excerpts, whole and step by step, in several wordings."""
    for each in procedures([excerpt.passage for excerpt in excerpts]):
        steps = (step_wordings(each, number) for number in range(1, len(each.steps) + 1))
        for wordings in (order_wordings(each), *steps):
            yield WordedFact(
                passage_id=each.passage.id, kind="procedure", start=each.start, end=each.end, wordings=tuple(wordings)
            )
