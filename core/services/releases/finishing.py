"""What is done with an exported model before it may leave: its tokens are compared with training, and a GGUF is tried."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from core.jobs.context import JobContext
from core.models.engine.context import UNKNOWN_TOKENS, made_for_tokens
from core.models.quantizations import PLAIN, QUANTIZATIONS
from core.models.release_formats import RELEASE_FORMATS
from core.models.releases.card import Tried
from core.models.releases.modelfile import NAME, modelfile
from core.records import Model, ReleaseFormat, Run
from core.run_folder import RunFolder
from core.services.releases.trial import RunAnswers, answers_of_run, subject_of, trial_questions, try_file

OTHERS = ".others"  # folder for quantizations that are tried and not kept


def check_tokens(context: JobContext, run: Run, model: Model, *, format: ReleaseFormat, folder: Path, file: str) -> str:
    """Check that the export reads conversations in the tokens of training; return what was compared, in a sentence.

    A GGUF gets a Modelfile from the same vocabulary.

    Raises:
        InputError: it reads one otherwise; the message tells the first difference.
        SetupError: llama.cpp cannot load it.
    """
    from core.models.releases import template_truth  # loads transformers and llama.cpp

    context.progress(0, 1, message="Comparing tokens with those of training")
    if not RELEASE_FORMATS[format].is_whole:
        return template_truth.Checked((), 0).words()
    template = RunFolder(context.workspace.run_folder(run.project_id, run.id)).read_template()
    trained = template_truth.trained_vocabulary(Path(model.path), model.format)
    if format != "gguf":
        return template_truth.check_folder(folder, trained, template).words()
    checked = template_truth.check_gguf(folder / file, trained, template)
    (folder / NAME).write_text(modelfile(file, trained, template), encoding="utf-8")
    return checked.words()


def try_gguf(
    context: JobContext, run: Run, model: Model, *, folder: Path, quantization: str, is_compared: bool
) -> tuple[Tried, ...]:
    """Try the GGUF in `folder` as itself; return how it answered, nothing if no questions were held out.

    With `is_compared` the file in the folder is in 16 bits; every quantization is made of it and tried, and the file of
    `quantization` remains.

    Raises:
        EngineCrashed: llama.cpp crashed twice.
        SetupError: llama.cpp cannot load a file, memory ran out, or the disk is full.
    """
    questions = trial_questions(context.workspace, run)
    by_run = None
    if questions:
        context.progress(0, 1, message="Asking the run held-out questions")
        by_run = answers_of_run(subject_of(context.workspace, run, model), questions, context.check)
    if not is_compared:
        files = iter([(quantization, folder / f"model-{quantization}.gguf")])
    else:
        files = _each_quantization(context, folder, quantization)
    return tuple(_tried(context, by_run, *found) for found in files if by_run)


def _tried(context: JobContext, by_run: RunAnswers, quantization: str, file: Path) -> Tried:
    context.progress(0, 1, message=f"Trying the file in {quantization}")
    most = made_for_tokens(file) or UNKNOWN_TOKENS
    return try_file(file, quantization, by_run, most_tokens=most, report=context.check)


def _each_quantization(context: JobContext, folder: Path, chosen: str) -> Iterator[tuple[str, Path]]:
    """Yield each quantization of a file in 16 bits, one after the other; only the chosen one is left in the end."""
    from core.models.gguf_file import quantize

    plain, others = folder / f"model-{PLAIN}.gguf", folder / OTHERS
    others.mkdir()
    yield PLAIN, plain
    for name in sorted(QUANTIZATIONS.keys() - {PLAIN}, key=lambda name: QUANTIZATIONS[name].place):
        file = others / f"model-{name}.gguf"
        quantize(plain, file, name, report=partial(context.progress, total=1, message=f"Making the file in {name}"))
        yield name, file
        if name == chosen:
            file.rename(folder / file.name)
        else:
            file.unlink()
    others.rmdir()
    if chosen != PLAIN:
        plain.unlink()
