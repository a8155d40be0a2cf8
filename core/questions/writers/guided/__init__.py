"""Write questions by grammar and rule, with a small language model to help."""

from core.questions.writers.guided.writing import write
from core.questions.writers.writer import Writer

GUIDED = Writer(
    "guided",
    "Guided",
    "For small models, such as the embedded one: grammar and rules find the facts and word the questions.",
    write,
    prompts=("other_words",),
)
