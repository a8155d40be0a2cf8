"""Choose in which way a model writes question pairs: by a trial when it is first used, kept by its hash."""

import json
from dataclasses import asdict

from core.files import write_atomic
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.questions.writers.registry import AUTO
from core.questions.writers.several import SEVERAL
from core.questions.writers.trial import Choice, Trial, choose, choose_unasked, trial_excerpts, try_writing
from core.services.questions.writing.models import WritingModel, find_writing_model, opened
from core.services.questions.writing.prompts import edited_prompts
from core.settings import EMBEDDED_MODEL, GenerationSettings
from core.storage import Workspace

TRYING = "Trying how well the model writes by itself"
PASSAGE_TOKENS = 200  # of the longest passage of a trial, in most languages' tokens


class Params(JobParams):
    """The model to try."""

    kind = "probe"
    model: str = EMBEDDED_MODEL


class Result(JobResult):
    """How the model called `model` writes from now on, and `why`; shares are from 0 to 1."""

    kind = "probe"
    model: str
    writer: str
    why: str
    passages: int
    pairs: int
    replies: float
    proven: float
    own_words: float
    answerable: float


def run(context: JobContext, params: Params) -> Result:
    """Run a trial, also of a model that was tried before, or that is too small to need one."""
    settings = GenerationSettings(model=params.model, prompts=edited_prompts(context.workspace.home))
    model = find_writing_model(context.workspace, params.model)
    choice = _tried(context, model, settings)
    trial = choice.trial
    if trial is None:
        raise RuntimeError("a trial ended without figures")
    return Result(model=model.name, writer=choice.writer, why=choice.why, **asdict(trial))


def prepared(context: JobContext, settings: GenerationSettings) -> GenerationSettings:
    """Return settings with the prompts of this workspace and with the way of writing that fits the model.

    A model that was never used is tried first.
    """
    workspace = context.workspace
    settings = settings.model_copy(update={"prompts": edited_prompts(workspace.home) | settings.prompts})
    if settings.writer != AUTO:
        return settings
    model = find_writing_model(workspace, settings.model)
    choice = known_choice(workspace, model) or _tried(context, model, settings)
    return settings.model_copy(update={"writer": choice.writer})


def known_choice(workspace: Workspace, model: WritingModel) -> Choice | None:
    """Return how a model writes as far as that is known without a trial; None if it is to be tried."""
    path = workspace.model_trial_path(model.sha256)
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return choose(Trial(**told["trial"]))
    except (OSError, ValueError, KeyError, TypeError):  # never tried, or by another version
        return choose_unasked(model.size_bytes)


def _tried(context: JobContext, model: WritingModel, settings: GenerationSettings) -> Choice:
    """Try a model and keep what came of it."""
    workspace = context.workspace
    excerpts = trial_excerpts()
    context.progress(0, len(excerpts), unit="passages", message=TRYING)
    with opened(workspace, model, SEVERAL, settings, passage_tokens=PASSAGE_TOKENS, check=context.check) as loaded:
        trial = try_writing(excerpts, loaded.generator, settings)
    context.check()
    told = {"model": model.name, "trial": asdict(trial)}
    write_atomic(workspace.model_trial_path(model.sha256), json.dumps(told, indent=2) + "\n")
    return choose(trial)
