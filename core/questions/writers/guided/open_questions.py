"""The plainest question for what a clause tells: its question word first, or the condition under which it holds."""

from core.questions.writers.guided import asking
from core.questions.writers.guided.clause import Clause, Part, describes_subject
from core.questions.writers.guided.gaps import Gap

LONGEST_LAST = 6  # words of a part before the subject that a question may end with; longer ones stay first


def open_question(clause: Clause, gap: Gap, *, is_turned: bool = False) -> str:
    """Return the question with its question word first or, turned, with its condition first."""
    if gap.asks_predicate:
        return _predicate_question(clause, gap.part, is_first=is_turned)
    lead = [part for part in clause.before if part != gap.part and stays_first(clause, part)]
    return asking.ask(clause, gap.opening, gap=gap.part, end=gap.end, lead=lead)


def stays_first(clause: Clause, part: Part) -> bool:
    """Return whether a part before the subject cannot stand last.

    It is long, or describes the subject, or would seem to belong to the purpose or circumstance that stands last already.
    """
    last = clause.after[-1] if clause.after else None
    is_taken = last is not None and (
        last.role in ("advcl", "xcomp", "ccomp", "prep") or last.end - last.start > LONGEST_LAST
    )
    return describes_subject(clause, part) or is_taken or part.end - part.start > LONGEST_LAST


def _predicate_question(clause: Clause, condition: Part, *, is_first: bool) -> str:
    text = clause.text(condition)
    if clause.subject is None:
        question = "what should you do"
    else:
        question = f"what {clause.words[clause.auxiliaries[0]].text.lower()} {clause.text(clause.subject)} do"
    return asking.tidy(f"{text}, {question}" if is_first else f"{question} {text}") + "?"
