"""Every public function of core that takes a workspace refuses a stranger, or gives nothing: all of them are looked for."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import core
from core.deploy.engine import Served
from core.deploy.limits import Limits
from core.errors import AccessError, InputError, SetupError
from core.identity import declared
from core.jobs.kinds import KINDS
from core.jobs.typed import JobParams
from core.privacy.classification.markings import Marking
from core.privacy.lists.detector import Lists
from core.records import (
    ChatSetup,
    ChatTurn,
    ComparedAnswer,
    DatasetVersion,
    Document,
    Evaluation,
    Experiment,
    Feedback,
    Job,
    ListEntry,
    Project,
    QuestionPair,
    Review,
    Run,
    Series,
    SeriesAnswerer,
    Span,
    Variant,
    new_id,
    now,
)
from core.services.chat.comparing import keep_comparison
from core.services.chat.conversations import begin
from core.services.chat.feedback import judge
from core.services.deploy.deployed import Deployed
from core.services.deploy.deploying import Address
from core.services.feedback.using import Use
from core.services.lists.suggestions import Suggestion
from core.services.monitoring.retraining import Retraining
from core.services.privacy import anonymization
from core.services.questions.curation import Place, Wording
from core.services.questions.writing.unanswered import Invention
from core.services.review import Decision
from core.services.training.experiments.plan import Choice
from core.settings import FilterSettings, TrainingSettings
from core.storage import Workspace, find, get, insert, people
from core.storage.feedback import FeedbackFilter
from core.storage.pairs.pages import PairFilter
from core.training.fit import Amount

from .conftest import SignIn, filled, token

# Nothing of a project is asked for or given, or they are called before anybody is known.
OPEN = {
    "core.storage.people.sign_in": "makes whoever calls known",
    "core.storage.people.sign_out": "ends the own sign-in",
    "core.storage.people.person_of_job": "asked by the worker, of whoever started a job",
    "core.jobs.queue.advance": "starts what waits, whoever looks",
    "core.storage.chat_retention.clean": "deletes what is due, whoever looks",
    "core.jobs.queue.claim": "the worker's own",
    "core.jobs.worker.run_job": "the worker's own; what it runs was checked by submit and is checked again",
    "core.services.sample.ensure_sample": "called where Garrison starts; makes a project, which is checked",
    "core.services.questions.generation.find_generator": "looks for a model",
    "core.services.questions.writing.models.writing_models": "looks for models",
    "core.services.questions.writing.models.opened": "opens a model",
    "core.services.questions.writing.probing.known_choice": "tells how well a model writes, of no project",
    "core.services.questions.curation.acting.acting": "asks when its block begins; the acts that it is for are here",
    "core.services.retrieval.index.current_index": "asks when its block begins",
    "core.services.retrieval.index.embedding": "looks for a model",
    "core.services.chat.earlier.said.current_said": "asks when its block begins",
    "core.services.training.runs.find_trainable": "looks for a model",
    "core.services.training.runs.base_of": "looks for a model",
    "core.services.chat.comparing.version_of": "tells the hash of a model, or of a run that the person may see",
    "core.services.privacy.anonymization.open_detector": "looks for a model",
    "core.services.privacy.held_detector.held_detector": "looks for a model",
    "core.services.privacy.highest_marking.default_marking": "a setting of the site, of no project",
    "core.services.training.leaks.asking.open_asked": "loads a run; who may is asked in leaks.check and removed_values",
    "core.services.demo.report_data": "the worker's own, of what it just made",
    "Workspace.create_project": "of no project; see test_only_administrators_and_owners_make_projects",
    "Workspace.model_trial_path": "a path, which tells nothing",
    "Workspace.job_folder": "a path, which tells nothing",
    "Workspace.close": "closes",
}
ROOT = Path(__file__).resolve().parents[2]
PASSPHRASE = "four words nobody guesses"
ENTRY = ListEntry(id="entry-1", project_id="", kind="deny", text="Keller", entity="PERSON", added_by="Ada", created_at=now())


def functions() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for module in pkgutil.walk_packages(core.__path__, "core."):
        if module.name.startswith(("core.cli", "core.models", "core.documents", "core.training")):
            continue  # the command line is the account's own; the others know no workspace (next test)
        for name, thing in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            if thing.__module__ == module.name and not name.startswith("_"):
                if next(iter(inspect.signature(thing).parameters), "") == "workspace":
                    found[f"{module.name}.{name}"] = thing
    methods = inspect.getmembers(Workspace, inspect.isfunction)
    return found | {f"Workspace.{name}": thing for name, thing in methods if not name.startswith("_")}


FUNCTIONS = functions()


@pytest.fixture
def arguments(workspace: Workspace) -> dict[str, Any]:
    """For each name of a parameter, something that belongs to a project of others."""
    project, document, span = filled(workspace, "Theirs")
    review = Review(
        id=new_id("review"), document_id=document.id, reviewer="Ada", text_sha256=document.text_sha256,
        anonymized_sha256="", span_count=1, created_at=now(),
    )  # fmt: skip
    workspace.store_approval(document, review, text="Report to Jane Doe.", passages=workspace.passages(document))
    job = Job(id=new_id("job"), kind="anonymize", project_id=project.id, state="failed", created_at=now())
    insert(workspace.db, job)
    workspace.job_folder(job.id).mkdir(parents=True)
    (workspace.job_folder(job.id) / "output.log").write_text("at work\n")
    run = find(workspace.db, Run)[0]
    version = get(workspace.db, DatasetVersion, run.dataset_id)
    evaluation = Evaluation(
        id="evaluation-1", project_id=project.id, run_id=run.id, adapter_sha256=None, questions_sha256="", question_count=0,
        scores={}, verdict="", created_at=now(),
    )  # fmt: skip
    variant = Variant(model="tiny", settings={}, varied={}, train_job_id=job.id, evaluate_job_id=job.id)
    experiment = Experiment(
        id="experiment-1", project_id=project.id, number=1, dataset_id=version.id, dataset_sha256="", goal="facts",
        variants=(variant,), created_at=now(),
    )  # fmt: skip
    insert(workspace.db, experiment)
    setup = ChatSetup(answerer="tiny")
    conversation = begin(workspace, project, "Who is it?", setup=setup)
    turn = ChatTurn(
        id="turn-1", conversation_id=conversation.id, number=1, question="Who is it?", answer="Jane.", state="complete",
        answerer="tiny", created_at=now(), written_at=now(),
    )  # fmt: skip
    insert(workspace.db, turn)
    judge(workspace, turn.id, "down")
    (feedback,) = find(workspace.db, Feedback)
    place = Place(document_id=document.id, passage_id="passage-1")
    given = ComparedAnswer(answerer="tiny", version="", text="Jane.", whole_s=1.0)
    comparison = keep_comparison(workspace, project, "Who is it?", [given, given], is_blind=True)
    who = SeriesAnswerer(answerer="tiny", title="tiny", version="")
    series = Series(
        id="series-1", project_id=project.id, person_id=None, made_by="Ada", number=1, questions="", questions_sha256="",
        question_count=1, answerers=(who, who), settings={}, job_id=job.id, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, series)
    other = people.sign_in(workspace, token("other"))
    ada = declared("Ada")
    decision = Decision(verb="accepted", by=ada, before=(span,), after=(span,))
    return {
        "project": project, "document": document, "project_id": project.id, "document_id": document.id, "job_id": job.id,
        "run_id": run.id, "review_id": review.id, "dataset_id": run.dataset_id, "evaluation_id": "evaluation-1",
        "spans": [span], "span": span, "state": "rejected", "decision": decision, "start": 0,
        "end": 6, "entity": "PERSON", "reason": "no", "review": review, "text": "x", "pages": (), "passages": [], "run": run,
        "pairs": find(workspace.db, QuestionPair), "kind": "anonymize", "params": anonymization.Params(), "table": None,
        "amount": Amount(pairs=0, facts=0, characters=0),
        "result": None, "filters": FilterSettings(), "person_id": other.person.id, "named": other.person.id, "role": "owner",
        "target": workspace.home / "out.jsonl", "name": run.id,
        "suggestion": Suggestion(kind="deny", text="Maria Keller", entity="PERSON", count=1, documents=1),
        "lists": Lists([ENTRY], []), "entries": [ENTRY], "treatment": "keep", "passphrase": PASSPHRASE, "old": PASSPHRASE,
        "new": PASSPHRASE, "private_key": b"", "surrogates": ["Jane Doe"], "typed_name": project.name,
        "comment": "no", "rule": "off", "size": 0, "passage_ids": [], "passage_id": "passage-1", "places": [(0, 6)],
        "span_ids": [span.id], "before": [span], "after": [], "verb": "added", "version": version,
        "action": "decision undone", "anonymized_sha256": document.text_sha256, "detector": "rampart", "level": "secret",
        "marking": Marking(4, "TOP SECRET"), "path": workspace.home / "garrison.sqlite3", "sha256": document.sha256,
        "measures": [], "texts": [], "invention": Invention([], []), "settings_sha256": "", "key": "",
        "pair": find(workspace.db, QuestionPair)[0],
        "outcomes": [], "covered": {}, "chosen": PairFilter(), "among": PairFilter(),
        "wording": Wording(question="Who?", answer="Jane Doe."),
        "first": Wording(question="Who?", answer="Jane."), "second": Wording(question="Which?", answer="Doe."),
        "place": place, "feedback": feedback, "feedback_id": feedback.id, "is_unanswerable": True,
        "use": Use(place=place, question="Who?", answer="x"),
        "other": find(workspace.db, QuestionPair)[0], "pair_id": find(workspace.db, QuestionPair)[0].id,
        "review_ids": [review.id], "approvals": {review.id, "review-gone"},
        "limit": 0.05, "count": 3, "goal": "quick", "changes": {}, "dataset": workspace.home,
        "evaluation": evaluation, "share": 0.7, "rows": [{"input": "Who?", "output": "Jane Doe.", "pair_id": "pair-0"}],
        "model": "tiny", "settings": TrainingSettings(), "value": "Maria Keller",
        "choice": Choice(models=("tiny",), values={"seed": ("0", "1")}), "experiment": experiment,
        "minutes": 1, "trials": 2, "days": 30, "last": Retraining(job=job, state="waiting"),
        "conversation_id": conversation.id, "turn_id": turn.id, "setup": setup, "kept": "not-kept",
        "title": "x", "is_pinned": True, "question": "Who?", "opener": lambda: None, "thumb": "up", "correction": "x",
        "comparison_id": comparison.id, "series": series, "series_id": series.id, "answerers": series.answerers, "number": 1,
        "most": 1, "answers": [given, given], "is_blind": True, "better": 0,
        "what": run.id, "deployed": Deployed(served=Served(name="x", model=workspace.home), sha256=None),
        "address": Address(), "limits": Limits(), "on_ready": lambda _needs_key: None,
        "documents": [document], "concerns": lambda _span: True, "by": ada, "actor": ada, "person": ada,
    }  # fmt: skip


class Blind:
    """A detector that finds nothing."""

    def detect(self, texts: list[str]) -> list[list[Any]]:
        return [[] for _ in texts]


def params_of(check: str, run_id: str) -> JobParams:
    """What a job is started with whose rules are in the function of this name."""
    values = {"files": [], "path": "/x", "name": "x", "run_id": run_id, "format": "adapter", "quantization": "f16"}
    values |= {"full_epochs": 1, "variants": [{"model": "tiny", "settings": {}}] * 2, "goal": "facts"}
    values |= {"target": "/x", "model": "tiny", "settings": {}, "document_id": "document-1", "passage_id": "passage-1"}
    values |= {"first_run_id": run_id, "second_run_id": "run-2", "evaluate_job_id": "job-1"}
    values |= {"answerers": [{"answerer": run_id}, {"answerer": "tiny"}]}
    kind = next(kind for kind in KINDS.values() if check == f"core.services.{kind.module}.check")
    return kind.params.from_values({name: value for name, value in values.items() if name in kind.params.model_fields})


def test_there_are_many_of_them() -> None:
    assert len(FUNCTIONS) > 50
    assert set(OPEN) <= set(FUNCTIONS)


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - set(OPEN)))
def test_stranger_is_refused(name: str, workspace: Workspace, signed_in: SignIn, arguments: dict[str, Any]) -> None:
    stranger = signed_in("stranger")
    before = workspace.db.execute("select count(*) from audit").fetchone()[0]
    asked = [one for one in inspect.signature(FUNCTIONS[name]).parameters.values()][1:]
    given = {one.name: arguments[one.name] for one in asked if one.default is one.empty}
    given |= {name: stranger.actor.person for name in ("by", "actor", "person") if name in given} if stranger.actor else {}
    if (".curation." in name or ".feedback." in name) and "detector" in given:
        given["detector"] = Blind()
    if name.startswith("core.storage.feedback."):
        given |= {"chosen": FeedbackFilter()} if "chosen" in given else {}
    if name.endswith(".check") and "params" in given:
        given["params"] = params_of(name, arguments["run_id"])
    if name.endswith("list_jobs"):
        given["project_id"] = arguments["project_id"]
    try:
        result = FUNCTIONS[name](stranger, **given)
        result = list(result) if isinstance(result, Iterator) else result  # it asks for the right when it begins
    except AccessError:
        result = None
    except (InputError, SetupError) as error:
        assert any(words in error.message for words in ("There is no", "has no", "Nothing was")), error.message
        result = None
    assert not result, f"{name} gave a stranger {type(result).__name__}"
    actions = [row[0] for row in workspace.db.execute("select json_extract(entry, '$.action') from audit")][before:]
    assert set(actions) <= {"access refused"}, f"{name} did something for a stranger"


def test_only_asking_makes_a_workspace_in_which_nobody_is_asked() -> None:
    """Functions that take a `Permitted` ask no more, so nothing but `Workspace.allowed` may make one."""
    makers = {
        path.relative_to(ROOT).as_posix()
        for folder in ("core", "dashboard")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Permitted"
    }
    assert makers == {"core/storage/workspace.py"}
    source = inspect.getsource(Workspace)
    assert source.count("Permitted(") == inspect.getsource(Workspace.allowed).count("Permitted(") == 1


def test_a_permit_is_refused_to_strangers_and_to_whoever_acts_for_another(workspace: Workspace, signed_in: SignIn) -> None:
    project, _, _ = filled(workspace, "Theirs")
    stranger, ada = signed_in("stranger"), signed_in("ada", ("reviewer",), project)
    with pytest.raises(AccessError, match="decide"):
        stranger.allowed("decide", project.id)
    with pytest.raises(AccessError, match="set rules"):
        ada.allowed("set rules", project.id)
    assert stranger.actor
    with pytest.raises(AccessError, match="another person"):
        ada.allowed("decide", project.id, by=stranger.actor.person)
    assert ada.allowed("decide", project.id, by=ada.actor and ada.actor.person)


@pytest.mark.parametrize("kind", [Project, Document, Span, Review, QuestionPair, Run])
def test_stranger_finds_no_row(kind: type, workspace: Workspace, signed_in: SignIn, arguments: dict[str, Any]) -> None:
    stored = find(workspace.db, kind)
    stranger = signed_in("stranger")
    assert stored and find(stranger.db, kind) == []
    with pytest.raises(InputError, match="There is no"):
        get(stranger.db, kind, stored[0].id)  # type: ignore[attr-defined]


def test_member_of_one_project_sees_that_one(workspace: Workspace, signed_in: SignIn) -> None:
    (ours, document, _), (theirs, other, _) = filled(workspace, "Ours"), filled(workspace, "Theirs")
    ada = signed_in("ada", ("expert",), ours)
    assert find(ada.db, Project) == [ours]
    assert find(ada.db, Document) == [document]
    assert ada.text(document).startswith("Report")
    with pytest.raises(AccessError, match="read documents"):
        ada.text(other)
    with pytest.raises(InputError, match="no project"):
        ada.project(theirs.name)
