"""Two runs → whose answers a model prefers, on the questions that both were evaluated on."""

from collections import Counter

from core.errors import Hint, InputError
from core.evaluation.preference import Duel, Preferences, choices, duels_of, preference_words
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.models.text import TextGenerator
from core.questions import WRITERS
from core.records import Run
from core.services.questions.writing.models import find_writing_model, opened
from core.services.training.lineage import check_belongs
from core.services.training.results import newest_result
from core.settings import EMBEDDED_MODEL, GenerationSettings
from core.storage import Workspace, get, rights

AT_ONCE = 8  # questions, each asked in both orders
WEAK_JUDGE = f"{EMBEDDED_MODEL} is a small model and a weak judge: use a larger one where there is one."
SEQUENCES = 4  # so that each may have some 900 tokens


class Params(JobParams):
    """The two runs, and the model that judges."""

    kind = "judge"
    first_run_id: str
    second_run_id: str
    model: str = EMBEDDED_MODEL


class Result(JobResult):
    """Both runs, the model that judged, and what it found."""

    kind = "judge"
    first_run_id: str
    second_run_id: str
    model: str
    preferences: Preferences
    words: str


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that two finished runs of the project were asked the same questions, and that the judge is here."""
    find_duels(workspace, project_id, params)
    find_writing_model(workspace, params.model)


def run(context: JobContext, params: Params) -> Result:
    """Run a judging job."""
    workspace = context.workspace
    model = find_writing_model(workspace, params.model)
    settings = GenerationSettings(model=params.model, batch_sequences=SEQUENCES)
    with opened(workspace, model, WRITERS["guided"], settings, passage_tokens=0, check=context.check) as loaded:
        return judge_runs(context, params, loaded.generator)


def judge_runs(context: JobContext, params: Params, generator: TextGenerator) -> Result:
    """Let a model judge two runs' answers, some at a time.

    Raises:
        ModelError: it failed.
    """
    workspace = context.workspace
    duels = find_duels(workspace, context.project().id, params)
    made: Counter[str] = Counter()
    for start in range(0, len(duels), AT_ONCE):
        context.progress(start, len(duels), unit="questions", message="Asking the judge")
        made.update(choices(duels[start : start + AT_ONCE], generator))
    found = Preferences(**made)
    names = [f"run {get(workspace.db, Run, run_id).number}" for run_id in (params.first_run_id, params.second_run_id)]
    words = preference_words(found, first=names[0], second=names[1], judge=params.model)
    return Result(
        first_run_id=params.first_run_id,
        second_run_id=params.second_run_id,
        model=params.model,
        preferences=found,
        words=f"{words} {WEAK_JUDGE}" if params.model == EMBEDDED_MODEL and not found.is_fickle else words,
    )


def find_duels(workspace: Workspace, project_id: str, params: Params) -> list[Duel]:
    """Return the questions that both runs were evaluated on, with their answers.

    Raises:
        InputError: the runs are one, were not evaluated, or have no question in common that neither was trained on.
        AccessError: the acting person may not read the documents.
    """
    rights.check(workspace.db, "read documents", project_id)
    if params.first_run_id == params.second_run_id:
        raise InputError("A run cannot be held against itself.", "Choose two runs.")
    results = []
    for run_id in (params.first_run_id, params.second_run_id):
        run = workspace.finished_run(run_id)
        check_belongs(run, project_id)
        newest = newest_result(workspace, run)
        if newest is None:
            raise InputError(
                f"Run {run.number} has not been compared with its base model yet, so its answers are not known.",
                Hint("Compare it on the page Evaluate.", command=f"garrison evaluate PROJECT {run.id}"),
            )
        results.append(newest[1])
    if duels := duels_of(*results):
        return duels
    raise InputError(
        "The two runs have no question in common that neither was trained on.",
        Hint("Ask both the questions of one file.", command="garrison evaluate PROJECT RUN --questions FILE"),
    )
