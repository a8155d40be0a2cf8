"""What lies beside an exported model for people and programs: its card, as text and as JSON, and its lineage."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.evaluation.comparison import CLOSED, EvaluationResult
from core.evaluation.leaks import card_sentences
from core.evaluation.report import METRIC_NAMES
from core.models.card import license_in
from core.models.releases.card import CARD_JSON, CARD_TEXT, Approval, Base, Data, Figure, ReleaseCard, Tried
from core.records import Model, ReleaseFormat, Run
from core.services.releases.trace import trace
from core.services.releases.traced import Trace, TracedReview
from core.services.review import risk_words, unread_risk
from core.services.training.leaks.job import read_leak_test
from core.services.training.results import forgetting_of, newest_result
from core.storage import Workspace

LINEAGE = "lineage.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An export that was written and checked, and is about to become a release."""

    release_id: str
    created_at: str
    format: ReleaseFormat
    quantization: str | None  # None if the format has none
    tokens: str  # on what was compared between training and the exported file
    tried: tuple[Tried, ...] = ()
    note: str = ""


def write_papers(folder: Path, made: Made, *, workspace: Workspace, run: Run, model: Model, has_names: bool) -> None:
    """Write the card of a release, as text and as JSON, and its lineage into its folder.

    Raises:
        AccessError: the acting person may not see the project, or for names of documents not read them.
    """
    traced = trace(workspace, run, has_names=has_names, reads_model=False)
    card = _card(workspace, run, made, model=model, traced=traced)
    (folder / CARD_TEXT).write_text(card.as_text(), encoding="utf-8")
    (folder / CARD_JSON).write_text(card.as_json(), encoding="utf-8")
    release = {"id": made.release_id, "format": made.format, "created_at": made.created_at}
    told = json.dumps(traced.as_json() | {"release": release}, indent=1, ensure_ascii=False)
    (folder / LINEAGE).write_text(told + "\n", encoding="utf-8")


def _card(workspace: Workspace, run: Run, made: Made, *, model: Model, traced: Trace) -> ReleaseCard:
    newest = newest_result(workspace, run)
    leaks = card_sentences(read_leak_test(workspace, run), planted=run.settings.get("canaries", 0))
    return ReleaseCard(
        release_id=made.release_id,
        created_at=made.created_at,
        format=made.format,
        quantization=made.quantization,
        base=Base(name=run.model, sha256=run.model_sha256, license=model.license or license_in(Path(model.path)) or None),
        runs=tuple(each.id for each in traced.runs),
        data=tuple(
            Data(
                id=each.id,
                number=each.number,
                sha256=each.sha256,
                train_count=each.train_count,
                heldout_count=each.heldout_count,
            )
            for each in traced.versions
        ),
        approvals=tuple(_approvals(traced.reviews)),
        risk=risk_words(run.risk),
        unread=unread_risk(run.risk),
        verdict=newest[0].verdict if newest else None,
        figures=tuple(_figures(newest[1])) if newest else (),
        question_count=newest[1].question_count if newest else 0,
        forgetting=forgetting_of(workspace, run) or None,
        leaks=leaks,
        tokens=made.tokens,
        tried=made.tried,
        document_names=tuple(sorted(each.name for each in traced.documents if each.name)),
        note=made.note or None,
    )


def _approvals(reviews: Sequence[TracedReview]) -> Iterator[Approval]:
    """Yield how many documents each person approved, and when."""
    given: defaultdict[str | None, list[TracedReview]] = defaultdict(list)
    for review in reviews:
        given[review.approved_by].append(review)
    for person, theirs in given.items():
        times = sorted(review.created_at for review in theirs)
        documents = len({review.document_id for review in theirs})
        yield Approval(by=person, documents=documents, first=times[0], last=times[-1])


def _figures(result: EvaluationResult) -> Iterator[Figure]:
    """Yield the scores of answers without a passage."""
    base_column, tuned_column = CLOSED
    for metric in result.scores:
        base, tuned = result.interval(metric, base_column), result.interval(metric, tuned_column)
        if base and tuned:
            yield Figure(name=METRIC_NAMES[metric], base=base.mean, tuned=tuned.mean, low=tuned.low, high=tuned.high)
