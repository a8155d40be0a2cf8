"""Generate question pairs from approved passages: rules choose the answer, the model writes the question, checks follow.

For every passage, the best answers are used first, up to the quota; an answer whose question fails the checks makes room
for the next. The quota is per passage, so late pages get as many questions as early ones. When answers run out,
definitions are asked for in a second way, because facts need several phrasings to be learned (Ovadia et al. 2023).
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.language.english.function_words import (
    ARTICLES,
    COMMON_PREPOSITIONS,
    COORDINATORS,
    DEMONSTRATIVES,
    FINITE_BE,
    MODALS,
    PRONOUNS,
    STOP_WORDS,
)
from core.models.text import Prompt, TextGenerator
from core.questions.answers import WORD, Answer, choose_answers, content_words
from core.questions.frames import AGENT, Frame, frames, inverted
from core.questions.writers.writer import Candidate
from core.records import Passage
from core.settings import GenerationSettings

MAX_TOKENS = 40  # a question of 30 words
EXAMPLES = (
    (
        "The relief valve must be tested every six months by a certified technician.",
        "How often must the relief valve be tested?",
    ),
    ("Visitors report to the guard house, where they receive a badge.", "Where do visitors receive a badge?"),
    (
        "The library closes early on Fridays because the heating is switched off.",
        "Why does the library close early on Fridays?",
    ),
    ("Batteries are stored in a dry room at 15 degrees.", "How are batteries stored?"),
    ("The survey team consists of a leader, two divers and a cook.", "What does the survey team consist of?"),
    ("Rescue dogs can find people under three meters of snow.", "What can rescue dogs find?"),
    ("If the pressure falls below 2 bar, close the main valve.", "What should be done if the pressure falls below 2 bar?"),
    ("The museum was founded in 1891 by a group of teachers.", "When was the museum founded?"),
    ("Planners compare the cost and the risk of each route.", "What do planners compare?"),
    ("The keys are handed out by the duty officer.", "Who are the keys handed out by?"),
)
OPENINGS = ("What", "How", "Why", "When", "Where", "Who", "Which")
# Function words a question may use besides the words of its sentence.
JOINTS = ARTICLES | COMMON_PREPOSITIONS | FINITE_BE
JOINTS |= frozenset(
    "be do does did can must should may has have that when if during before after and or not used done needed required "
    "many much often long purpose".split()
)
_POINTERS = PRONOUNS | DEMONSTRATIVES - {"that"} | {"you", "your", "I", "my"}
POINTERS = re.compile(rf"\b(?:{'|'.join(sorted(_POINTERS))})\b", re.IGNORECASE)
META = re.compile(r"\b(?:sentence|passage|text|question|answer|author|following|according)\b", re.IGNORECASE)

# Words that belong to the form of a question and need not occur in the sentence.
FORMAL = frozenset(content_words("definition defined term mean happens do done should used many much often long"))
# What a sentence must contain to answer "Why", "How" …
EVIDENCE = {
    "Why": re.compile(
        r"\b(?:because|so that|in order to|due to|to (?:ensure|prevent|avoid|protect|keep|provide|support|help|allow|enable"
        r"|achieve|accomplish|reduce|increase|maintain|mislead|deceive|identify|determine|create|deny|perform|direct|stop|make))\b"
    ),
    "How": re.compile(r"\b(?:by (?:\w+ )?\w+ing|through|using|with|via|based on)\b"),
    "When": re.compile(r"\b(?:when|if|before|after|until|as soon as|within \d+|every \d*)\b"),
    "Who": re.compile(rf"^(?:The |An? )?(?:[\w-]+ ){{0,3}}?(?:{AGENT}|[A-Z][a-z]+ [A-Z][a-z]+)\b"),
}
SPECIFIC = 3  # minimum meaningful words for a question about a fact to say more than "What do commanders use?"
NEAR = 60  # characters after the verb within which the answer to "How", "Why" or "When" must lie
VERBS = FINITE_BE | MODALS | {"do", "does"}
ENDS_NO_QUESTION = ARTICLES | COORDINATORS | FINITE_BE | {"be", "that", "when", "if", "not", "many", "much"}
TAIL = re.compile(r" (?:in|on|at|during|for|after|before|when|if|under|within|to) ")


@dataclass(slots=True)
class _Task:
    answer: Answer
    frame: Frame | None
    opening: str = ""  # how the question must begin if there is no frame
    is_second: bool = False  # a second phrasing of a question already planned


@dataclass(slots=True)
class _Plan:
    """The tasks still to be tried for one passage, best first, and how many pairs are missing."""

    tasks: list[_Task]
    missing: int
    asked: set[str] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)


def generate_pairs(
    passages: Sequence[Passage], generator: TextGenerator, settings: GenerationSettings
) -> Iterator[Candidate]:
    """Yield up to `settings.per_passage` pairs for each passage; fewer if it says too little.

    Args:
        passages: passages of approved anonymized text, with offsets in that text.
        generator: writes the questions.
        settings: the quota and the seed.

    Raises:
        ModelError: the model failed while generating.
    """
    plans = [_plan(passage, settings) for passage in passages]
    while tasks := [(plan, task) for plan in plans for task in _next_tasks(plan)]:
        for (plan, task), question in zip(tasks, _write(tasks, generator, settings), strict=True):
            key = question.lower()
            fault = problem(question, task.answer) or ("" if task.frame else _unlicensed(question, task.answer.output))
            if plan.missing and key not in plan.asked and not fault:
                plan.missing -= 1
                plan.asked.add(key)
                plan.answered.add(task.answer.start)
                yield _candidate(question, task.answer)


def problem(question: str, answer: Answer) -> str:
    """Return in a few words what is wrong with a question for `answer`, or "" if nothing is."""
    asked, told = content_words(question), set(content_words(answer.output))
    known = told | set(content_words(f"{answer.quote} {answer.passage.heading}"))
    meaning = [word for word in asked if word not in FORMAL]
    if not question.endswith("?") or question.split()[0] not in OPENINGS:
        return "not a question"
    if POINTERS.search(question) or META.search(question):
        return "points to something unseen"
    if any(word not in known for word in meaning):
        return "speaks of something else"
    if len(set(meaning)) < (2 if answer.kind == "fact" else 1):
        return "says too little"
    if len(set(meaning)) < len(meaning) - 1 or re.search(r"\b(\w+) \1\b", question):
        return "repeats itself"
    if answer.kind == "fact" and question.removesuffix("?").split()[-1] in ENDS_NO_QUESTION:
        return "breaks off"
    if len(told - set(asked)) < (1 if re.search(r"\d", answer.output) else 2):
        return "gives the answer away"
    return ""


def _unlicensed(question: str, sentence: str) -> str:
    """Return why the sentence does not support a question written without a frame, or "" if it does.

    "How is the valve closed?" passes if the sentence says "the valve is closed" and soon after "by turning" or the like.
    """
    opening, *rest = question.removesuffix("?").split()
    told = f" {' '.join(WORD.findall(sentence))} "
    if opening == "Who":
        is_said = len(rest) > 1 and f" {' '.join(rest)} " in told
        return "" if is_said and EVIDENCE[opening].search(sentence) else "asks who, which is not told"
    verb = next((word for word in rest if word in VERBS), "")
    after = [word.lower() for word in rest[rest.index(verb) + 1 :]] if verb else []
    end = _end_of_action(verb, after, told.lower())
    if not end:
        return "turns the sentence around"
    evidence = EVIDENCE.get(opening)
    is_answered = evidence is None or evidence.search(told[end - 1 : end + NEAR])
    return "" if is_answered else f"asks {opening.lower()}, which is not told"


def _end_of_action(verb: str, after: Sequence[str], told: str) -> int:
    """Return where in `told` the action asked about ends ("is | the valve closed" in "the valve is closed"), or 0."""
    for length in range(1, len(after)):
        subject, action = " ".join(after[:length]), after[length]
        is_plural = after[length - 1].endswith("s") or "and" in after[:length]
        if after[length - 1] in STOP_WORDS or action in STOP_WORDS or (verb == "do" and not is_plural):
            continue
        forms = {"do": [action], "does": [f"{action}s", f"{action}es", f"{action[:-1]}ies"]}.get(verb, [])
        if verb not in ("do", "does") and f" {subject} {verb} " in told:
            forms = [action] if f" {verb} {action} " in told else []
            subject = verb
        for form in forms:
            if (at := told.find(f" {subject} {form} ")) >= 0:
                return at + len(f" {subject} {form} ")
    return 0


def _plan(passage: Passage, settings: GenerationSettings) -> _Plan:
    """Order the tasks for a passage.

    First come the answers' questions, then second phrasings, then questions as bare as "What do commanders use", then
    answers without a frame.
    """
    first: list[_Task] = []
    second: list[_Task] = []
    bare: list[_Task] = []
    free: list[_Task] = []
    for answer in choose_answers(passage):
        ways = frames(answer)
        if not ways:
            subject = inverted(answer)
            for word in (word for word, evidence in EVIDENCE.items() if evidence.search(answer.output)):
                free.append(_Task(answer, None, opening=f"{word} {subject}" if subject and word != "Who" else word))
            continue
        is_bare = answer.kind == "fact" and len(set(content_words(ways[0].start)) - FORMAL) < SPECIFIC
        (bare if is_bare else first).append(_Task(answer, ways[0]))
        second += [_Task(answer, way, is_second=True) for way in ways[1:]]
    return _Plan(tasks=[*first, *second, *bare, *free], missing=settings.per_passage)


def _next_tasks(plan: _Plan) -> list[_Task]:
    """Take as many tasks as pairs are missing, at most one per answer, and drop those whose answer has a question already.

    Second phrasings are not dropped.
    """
    taken: list[_Task] = []
    left: list[_Task] = []
    for task in plan.tasks:
        if task.answer.start in plan.answered and not task.is_second:
            continue
        is_next = len(taken) < plan.missing and all(task.answer.start != other.answer.start for other in taken)
        (taken if is_next else left).append(task)
    plan.tasks = left
    return taken


def _write(tasks: Sequence[tuple[_Plan, _Task]], generator: TextGenerator, settings: GenerationSettings) -> list[str]:
    """Write a question for every task, in order. Fixed frames, such as those of definitions, need no model."""
    questions = ["" if task.frame is None or not task.frame.is_fixed else f"{task.frame.start}?" for _, task in tasks]
    open_tasks = [position for position, question in enumerate(questions) if not question]
    prompts = [_prompt(tasks[position][1], seed=settings.seed + position) for position in open_tasks]
    for completion in generator.generate(prompts, prefix=PREFIX):
        position = open_tasks[completion.index]
        questions[position] = _finished(completion.text, tasks[position][1])
    return questions


def _finished(text: str, task: _Task) -> str:
    """Return the model's question; if it extended a frame unsoundly, fall back to the frame alone."""
    question = _question(text)
    if not task.frame:
        return question
    tail = question.removeprefix(task.frame.start).removesuffix("?")
    is_told = bool(TAIL.match(tail)) and tail.lower() in task.answer.output.lower()
    return question if is_told and not problem(question, task.answer) else f"{task.frame.start}?"


def _prompt(task: _Task, *, seed: int) -> Prompt:
    start = json.dumps({"question": task.frame.start if task.frame else task.opening}, ensure_ascii=False).removesuffix('"}')
    return Prompt(
        text=f"Sentence: {task.answer.output}\n", start=start, schema=_schema(task), max_tokens=MAX_TOKENS, seed=seed
    )


def _schema(task: _Task) -> str:
    """Build a JSON schema that restricts the question to the words of its sentence and the function words in `JOINTS`."""
    own = [word for word in WORD.findall(task.answer.output) if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", word)]
    allowed = {form for word in own for form in _forms(word)} | JOINTS
    words = "|".join(sorted(allowed))
    opening = (
        re.escape(task.frame.start).replace(r"\ ", " ").replace(r"\-", "-") if task.frame else f"({'|'.join(OPENINGS)})"
    )
    count = "{0,10}" if task.frame else "{3,16}"
    pattern = f"^{opening}( ({words})){count}\\?$"
    question = {"type": "string", "pattern": pattern}
    return json.dumps(
        {"type": "object", "properties": {"question": question}, "required": ["question"], "additionalProperties": False}
    )


def _forms(word: str) -> set[str]:
    """Return the word's forms: as it is, in lower case unless it is an abbreviation, and without a final "s" or "d"."""
    plain = word if word[1:] != word[1:].lower() else word.lower()
    has_ending = plain.endswith(("s", "ed")) and len(plain) > 3 and plain not in STOP_WORDS
    return {word, plain} | ({plain[:-1]} if has_ending else set())


def _question(text: str) -> str:
    try:
        return str(json.loads(text)["question"])
    except (ValueError, KeyError, TypeError):
        return ""


def _candidate(question: str, answer: Answer) -> Candidate:
    return Candidate(
        passage_id=answer.passage.id,
        question=question,
        answer=answer.output,
        quote=answer.quote,
        start=answer.start,
        end=answer.end,
        kind=answer.kind,
        wording="open",
        fact=f"{answer.start}-{answer.end}",
    )


PREFIX = "Write the question that each sentence answers.\n\n" + "".join(
    f"Sentence: {sentence}\n{json.dumps({'question': question})}\n\n" for sentence, question in EXAMPLES
)
