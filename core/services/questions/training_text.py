"""The exact text that a model is trained on for a question pair, so that a person can look at it."""

from core.models import registry
from core.models.conversation import TrainingText, training_text
from core.models.reading import reading_of
from core.questions.exchange.conversations import training_row
from core.records import QuestionPair
from core.storage import Workspace, rights


def training_text_of(workspace: Workspace, pair: QuestionPair, *, model: str) -> TrainingText:
    """Return the training text of a pair for the chat template of the model called `model`.

    It is made of the pair as it is given: hand in one from `reviewed_pairs` to see what really is trained on.

    Raises:
        AccessError: the acting person may not read the project's documents.
        SetupError: the model is not on this machine.
        InputError: it is not a language model, or its template rejects the pair.
    """
    rights.check(workspace.db, "read documents", pair.project_id)
    vocabulary, template = reading_of(registry.find_model(registry.model_folders(workspace.home), model))
    return training_text(vocabulary, template, training_row(pair))
