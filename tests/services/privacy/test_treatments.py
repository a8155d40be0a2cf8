"""What is done with a type of personal data: each treatment in text, the decision, and what it touches."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cli.app import main
from core.errors import InputError
from core.identity import declared
from core.privacy import mask
from core.privacy.replacement.treatments import BLOCKS, KEPT, REMOVED, TREATMENTS, outside_replaced
from core.records import Detection, Document, Review, Span, Treatment
from core.services.privacy.project_treatments import effect_of_treatment, preview, set_treatment, types_in_use
from core.storage import find
from core.storage.audit import entries
from tests.unread import approve_unread

from .conftest import pairs, search

ADA = declared("Ada Byron")


def masked(workspace, document) -> str:
    return mask(workspace.text(document), find(workspace.db, Span, document_id=document.id, order="start")).text


def treat(workspace, project, treatment, entity="PERSON"):
    return set_treatment(workspace, project, entity=entity, treatment=treatment, person=ADA)


def test_each_treatment_does_what_it_says(workspace, project):
    document = search(workspace, project, ("PERSON", "John Smith"), ("LOCATION", "Springfield"), ("PERSON", "Al Lee"))
    before = pairs(workspace, project)
    place = before[1][2]
    first, second = before[0][2], before[2][2]
    expected = {
        "tag": f"of <PERSON_1>, of {place}, of <PERSON_2>, ",
        "mask": f"of {BLOCKS}, of {place}, of {BLOCKS}, ",
        "remove": f"of, of {place}, of, ",
        "keep": f"of John Smith, of {place}, of Al Lee, ",
        "surrogate": f"of {first}, of {place}, of {second}, ",  # as it was at first
    }
    for treatment, text in expected.items():
        treat(workspace, project, treatment)
        assert masked(workspace, document) == text


def test_a_label_is_the_same_in_every_document_and_of_one_value(workspace, project):
    treat(workspace, project, "tag")
    search(workspace, project, ("PERSON", "John Smith"), ("PERSON", "Al Lee"))
    search(workspace, project, ("PERSON", "AL LEE"), ("PERSON", "Bo Ek"), ("PERSON", "John  Smith"))
    assert [s for *_, s in pairs(workspace, project)] == [f"<PERSON_{n}>" for n in (1, 2, 2, 3, 1)]


def test_a_surname_alone_has_its_persons_label_until_it_may_be_two_people(workspace, project):
    treat(workspace, project, "tag")
    first = search(workspace, project, ("PERSON", "Smith"), ("PERSON", "John Smith"), ("PERSON", "Mr Smith"))
    assert [s for *_, s in pairs(workspace, project)] == ["<PERSON_1>"] * 3
    approve_unread(workspace, project, first, by=ADA)
    search(workspace, project, ("PERSON", "Anna Smith"), ("PERSON", "J. Smith"))
    assert [s for *_, s in pairs(workspace, project)] == [f"<PERSON_{n}>" for n in (3, 1, 3, 2, 1)]
    assert workspace.active_review(first.id) is None  # its text is another now
    treat(workspace, project, "surrogate")
    treat(workspace, project, "tag")
    assert [s for *_, s in pairs(workspace, project)] == [f"<PERSON_{n}>" for n in (3, 1, 3, 2, 1)]


@pytest.mark.parametrize("treatment", ["tag", "mask", "remove", "keep"])
def test_a_value_without_surrogate_of_its_own_is_real_all_the_same(workspace, project, treatment):
    search(workspace, project, ("LOCATION", "Springfield"))
    place = pairs(workspace, project)[0][2]
    treat(workspace, project, treatment)
    search(workspace, project, ("PERSON", place))
    assert pairs(workspace, project)[0][2] != place


def test_the_decision_withdraws_approvals_says_why_and_is_on_record(workspace, project):
    approved = search(workspace, project, ("PERSON", "John Smith"))
    other = search(workspace, project, ("LOCATION", "Springfield"))
    open_ = search(workspace, project, ("PERSON", "John Smith"), ("PERSON", "Al Lee"))
    for document in (approved, other):
        approve_unread(workspace, project, document, by=declared("Bo"))
    foreseen = effect_of_treatment(workspace, project, entity="PERSON", treatment="mask")
    assert (foreseen.spans, foreseen.documents, foreseen.approvals) == (3, 2, 1)
    assert treat(workspace, project, "mask") == foreseen
    assert workspace.active_review(approved.id) is None and workspace.active_review(other.id)
    (withdrawn,) = find(workspace.db, Review, document_id=approved.id)
    assert "Ada Byron changed what replaces PERSON" in withdrawn.reason
    entry, _ = list(entries(workspace.db))[-1]
    assert (entry.action, entry.actor) == ("treatment changed", "Ada Byron")
    assert (entry.subjects["type"], entry.subjects["from"], entry.subjects["to"]) == ("PERSON", "surrogate", "mask")
    assert entry.counts == {"spans": 3, "documents": 2, "approvals withdrawn": 1}
    assert open_.id


def test_the_same_decision_again_changes_nothing(workspace, project):
    document = search(workspace, project, ("PERSON", "John Smith"))
    treat(workspace, project, "tag")
    approve_unread(workspace, project, document, by=declared("Bo"))
    count = len(list(entries(workspace.db)))
    assert treat(workspace, project, "tag").spans == 0
    assert workspace.active_review(document.id) and len(list(entries(workspace.db))) == count


def test_an_approval_counts_what_stays_readable(workspace, project):
    treat(workspace, project, "keep")
    document = search(workspace, project, ("PERSON", "John Smith"), ("PERSON", "Al Lee"), ("LOCATION", "Springfield"))
    approval = approve_unread(workspace, project, document, by=declared("Bo"))
    assert approval.span_count == 1
    entry, _ = list(entries(workspace.db))[-1]
    assert (entry.action, entry.counts["kept"], entry.counts["masked"]) == ("review approved", 2, 1)


@pytest.mark.parametrize(("entity", "treatment"), [("NOBODY", "tag"), ("PERSON", "shout")])
def test_an_unknown_type_or_treatment_is_refused(workspace, project, entity, treatment):
    with pytest.raises(InputError):
        set_treatment(workspace, project, entity=entity, treatment=treatment, person=ADA)


def test_the_table_counts_and_previews_without_any_value(workspace, project):
    search(workspace, project, ("PERSON", "John Smith"), ("PERSON", "Al Lee"), ("GRID", "33U XP 12345 67890"))
    search(workspace, project, ("PERSON", "John Smith"))
    treat(workspace, project, "tag")
    uses = types_in_use(workspace, project)
    assert [(u.entity, u.spans, u.documents, u.treatment) for u in uses] == [
        ("PERSON", 3, 2, "tag"), ("GRID", 1, 1, "surrogate")
    ]  # fmt: skip
    given_out = {s for *_, s in pairs(workspace, project) if not s.startswith("<")}
    assert not {preview(u.entity, "surrogate") for u in uses} & given_out


def test_the_command_shows_before_it_withdraws(workspace, project, capsys):
    document = search(workspace, project, ("PERSON", "John Smith"))
    approve_unread(workspace, project, document, by=declared("Bo"))

    def garrison(*arguments: str) -> int:
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(workspace.home), "replacement", "Field manuals", *arguments])
        return int(str(ended.value.code))

    assert garrison() == 0 and "PERSON" in capsys.readouterr().out
    assert garrison("PERSON", "tag", "--as", "Ada") == 2
    assert "withdraws 1 approvals" in capsys.readouterr().err and workspace.active_review(document.id)
    assert garrison("PERSON", "tag", "--yes") == 2  # nobody's decision
    assert garrison("PERSON", "tag", "--as", "Ada", "--yes") == 0
    assert masked(workspace, document) == "of <PERSON_1>, "


REPLACED: dict[Treatment, str] = {"remove": REMOVED, "keep": KEPT, "mask": BLOCKS, "surrogate": "Q", "tag": ""}


def removed(start: int, end: int, treatment: Treatment = "remove") -> Span:
    return Span(
        id=f"span-{start}", document_id="d", start=start, end=end, entity="PERSON", score=0.9, detector="rules",
        surrogate=REPLACED[treatment], treatment=treatment,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "names", "left"),
    [
        ("I met Anna here", ["Anna"], "I met here"),
        ("Anna came", ["Anna"], "came"),
        ("I met Anna.", ["Anna"], "I met."),
        ("I met Anna", ["Anna"], "I met"),
        ("(Anna Berg)", ["Anna Berg"], "()"),
        ("(Anna came)", ["Anna"], "(came)"),
        ("I met Anna Berg here", ["Anna", "Berg"], "I met here"),
        ("x Anna\n Berg y", ["Anna", "Berg"], "x\n y"),
        ("Anna-Berg", ["Anna"], "-Berg"),
        ("Anna", ["Anna"], ""),
    ],
)
def test_what_is_removed_leaves_no_double_blank(text, names, left):
    assert mask(text, [removed(text.index(name), text.index(name) + len(name)) for name in names]).text == left


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.text("ab .,\n", max_size=4), st.text("0123", min_size=1, max_size=3)), max_size=6),
    st.lists(st.sampled_from(TREATMENTS), min_size=6, max_size=6),
)
def test_positions_hold_for_every_treatment(parts, treatments):
    text, spans = "", []
    for (plain, secret), treatment in zip(parts, treatments, strict=False):
        text += plain
        spans.append(removed(len(text), len(text) + len(secret), treatment))
        text += secret
    done = mask(text, spans)
    covered = {i for edit in done.edits for i in range(edit.start, edit.end)}
    for offset, character in enumerate(text):
        if offset not in covered:
            assert done.text[done.position(offset)] == character
    hidden = {i for span in spans if span.treatment != "keep" for i in range(span.start, span.end)}
    assert hidden <= covered and not any(text[i].isalnum() for i in covered - hidden)
    assert done.position(len(text)) == len(done.text)
    positions = [done.position(offset) for offset in range(len(text) + 1)]
    assert positions == sorted(positions)
    assert all(first.end <= second.start for first, second in zip(done.edits, done.edits[1:], strict=False))
    assert mask(done.text, []).text == done.text


def test_searching_an_anonymized_text_again_finds_no_labels_and_blocks():
    text = f"Sgt <PERSON_12> and {BLOCKS} met Bert <UNIT_1>."
    found = [
        Detection(start=start, end=end, entity="PERSON", score=1.0, detector="spacy")
        for start, end in ((4, 15), (5, 14), (20, 25), (0, 15), (30, 43))
    ]
    left = [text[d.start : d.end] for d in outside_replaced(text, found)]
    assert left == ["Sgt", "Bert"]
    whole = replace(found[0], start=0, end=len("Bert"))
    assert outside_replaced("Bert came", [whole]) == [whole]


def test_every_treatment_has_a_preview():
    assert {preview("PERSON", treatment) for treatment in TREATMENTS} > {BLOCKS, REMOVED, KEPT}


def test_documents_are_untouched(workspace, project):
    document = search(workspace, project, ("PERSON", "John Smith"))
    treat(workspace, project, "remove")
    assert find(workspace.db, Document) == [document]
    assert workspace.text(document) == "of John Smith, "
