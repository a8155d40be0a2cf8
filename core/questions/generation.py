"""Question pairs from approved passages: a rule chooses the answer, the model writes the question, a check follows.

For every passage the best answers are taken first, as many as the quota asks; one whose question fails the
checks makes room for the next. The quota is per passage, so that late pages get as many questions as the
first. Where answers run out, definitions are asked for in a second way: facts need several phrasings to be
learned (Ovadia et al. 2023).
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.models.text import Prompt, TextGenerator
from core.questions.answers import STOP, WORD, Answer, choose_answers, content_words
from core.questions.frames import Frame, frames, inverted
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
# Words a question may use besides those of its sentence.
JOINTS = (
    "a an the of to in on at by for with from as be is are was were do does did can must should may has have that when if "
    "during before after and or not used done needed required many much often long purpose"
).split()
POINTERS = re.compile(r"\b(?:it|its|they|them|their|this|these|those|he|she|his|her|you|your|we|our|I|my)\b", re.IGNORECASE)
META = re.compile(r"\b(?:sentence|passage|text|question|answer|author|following|according)\b", re.IGNORECASE)

# Words of the form of a question; they need not come from the sentence.
FORMAL = frozenset(content_words("definition defined term mean happens do done should used many much often long"))
# What a sentence must hold to answer "Why", "How" …
EVIDENCE = {
    "Why": re.compile(
        r"\b(?:because|so that|in order to|due to|to (?:ensure|prevent|avoid|protect|keep|provide|support|help|allow|enable"
        r"|achieve|accomplish|reduce|increase|maintain|mislead|deceive|identify|determine|create|deny|perform|direct|stop|make))\b"
    ),
    "How": re.compile(r"\b(?:by (?:\w+ )?\w+ing|through|using|with|via|based on)\b"),
    "When": re.compile(r"\b(?:when|if|before|after|until|as soon as|within \d+|every \d*)\b"),
    "Who": re.compile(
        r"^(?:The |An? )?(?:[\w-]+ ){0,3}?(?:\w{3,}(?:er|or|ian|ist|man|men|ant|ers|ors|ants)|[A-Z][a-z]+ [A-Z][a-z]+)\b"
    ),
}
SPECIFIC = 3  # words of meaning from which on a question about a fact is more than "What do commanders use?"
NEAR = 60  # characters after the verb within which a sentence answers "How", "Why", "When"
VERBS = frozenset("is are was were do does can must should may might will shall could would".split())
DANGLING = frozenset("a an the and or nor be is are was were that when if not many much".split())
TAIL = re.compile(r" (?:in|on|at|during|for|after|before|when|if|under|within|to) ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A pair as it was written, not yet filtered. `quote` is `start` to `end` of the anonymized text."""

    passage_id: str
    question: str
    answer: str
    quote: str
    start: int
    end: int


@dataclass(slots=True)
class _Task:
    answer: Answer
    frame: Frame | None
    opening: str = ""  # the question word to begin with, where there is no frame
    is_second: bool = False  # another way to ask what was asked before


@dataclass(slots=True)
class _Plan:
    """What is still to be tried for one passage, best first."""

    tasks: list[_Task]
    missing: int
    asked: set[str] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)


def generate_pairs(
    passages: Sequence[Passage], generator: TextGenerator, settings: GenerationSettings
) -> Iterator[Candidate]:
    """Up to `settings.per_passage` pairs for each passage; fewer where it says too little.

    Args:
        passages: approved anonymized text, with offsets in it.
        generator: writes the questions.
        settings: quota and seed.

    Raises:
        ModelError: the model failed while writing.
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
    """What is wrong with a question for `answer`, in a few words; "" when nothing is."""
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
    if answer.kind == "fact" and question.removesuffix("?").split()[-1] in DANGLING:
        return "breaks off"
    if len(told - set(asked)) < (1 if re.search(r"\d", answer.output) else 2):
        return "gives the answer away"
    return ""


def _unlicensed(question: str, sentence: str) -> str:
    """What a question without a frame lacks: the verb said of its subject in the sentence, and what its question word asks.

    "How is the valve closed?" stands when the sentence says "the valve is closed", and "by hand" or the like soon after.
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
    """Where in `told` what a question asks about ends ("is | the valve closed" in "the valve is closed"); 0 if nowhere."""
    for length in range(1, len(after)):
        subject, action = " ".join(after[:length]), after[length]
        is_plural = after[length - 1].endswith("s") or "and" in after[:length]
        if after[length - 1] in STOP or action in STOP or (verb == "do" and not is_plural):
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
    """Each answer's question; second phrasings; questions as bare as "What do commanders use"; answers without a frame."""
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
    """As many tasks as pairs are missing, one for an answer at a time; those of answers that have a question fall away."""
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
    """A question for every task, in order. Definitions need no model: their question follows from the sentence."""
    questions = ["" if task.frame is None or not task.frame.is_fixed else f"{task.frame.start}?" for _, task in tasks]
    open_tasks = [position for position, question in enumerate(questions) if not question]
    prompts = [_prompt(tasks[position][1], seed=settings.seed + position) for position in open_tasks]
    for completion in generator.generate(prompts, prefix=PREFIX):
        position = open_tasks[completion.index]
        questions[position] = _finished(completion.text, tasks[position][1])
    return questions


def _finished(text: str, task: _Task) -> str:
    """The model's question; where it only had to add to a frame, what it added if that is sound, else the frame alone."""
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
    """A JSON schema that lets the question use the words of its sentence and joints between them, and nothing else."""
    own = [word for word in WORD.findall(task.answer.output) if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", word)]
    allowed = {form for word in own for form in _forms(word)} | set(JOINTS)
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
    """The word, with a small first letter unless it is an abbreviation, and without the endings of verbs and plurals."""
    plain = word if word[1:] != word[1:].lower() else word.lower()
    return {word, plain} | ({plain[:-1]} if plain.endswith(("s", "ed")) and len(plain) > 3 and plain not in STOP else set())


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
    )


PREFIX = "Write the question that each sentence answers.\n\n" + "".join(
    f"Sentence: {sentence}\n{json.dumps({'question': question})}\n\n" for sentence, question in EXAMPLES
)
