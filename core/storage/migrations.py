"""The schema, built up one step at a time. Never edit a step that has shipped: add another."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from core.errors import InputError
from core.identity import declared

Migration = Callable[[sqlite3.Connection], None]
MIGRATIONS: list[Migration] = []


def migration(step: Migration) -> Migration:
    """Register a step; steps run in the order in which this file defines them."""
    MIGRATIONS.append(step)
    return step


@migration
def m001_initial(db: sqlite3.Connection) -> None:
    """Create the tables for the records of `core.records`; column names are field names."""
    for statement in _INITIAL.split(";"):
        if statement.strip():
            db.execute(statement)


@migration
def m002_audit(db: sqlite3.Connection) -> None:
    """Create the audit log: its entries, its head, and triggers that allow nothing but appending the next entry."""
    for statement in _AUDIT.strip().split("\n\n"):
        db.execute(statement)


@migration
def m003_review(db: sqlite3.Connection) -> None:
    """Add proposals, the two-person rule, samples and the second search; take over by name the people who acted so far."""
    for statement in _REVIEW.split(";"):
        if statement.strip():
            db.execute(statement)
    acted = (
        "select d.project_id, s.reviewer from spans s join documents d on d.id = s.document_id where s.reviewer <> ''"
        " union select d.project_id, r.reviewer from reviews r join documents d on d.id = r.document_id"
    )
    no_person = "Garrison sample (no person)"  # the name under which the program approved the sample project
    for project_id, name in db.execute(acted).fetchall():
        with suppress(InputError):  # a name that is no longer accepted
            if name != no_person:
                row = [project_id, declared(name).id, name]
                db.execute("insert or ignore into review_people (project_id, person_id, name) values (?, ?, ?)", row)
    db.execute("update reviews set proposer = reviewer where reviewer <> ''")


@migration
def m004_surrogates(db: sqlite3.Connection) -> None:
    """Add the treatment of each type of personal data, and the sealed data for re-identification from surrogates."""
    for statement in _REPLACEMENT.split(";"):
        db.execute(statement)


@migration
def m005_lists(db: sqlite3.Connection) -> None:
    """Add the reviewers' lists and patterns, and classification markings of documents and projects."""
    for statement in _LISTS.strip().split("\n\n"):
        db.execute(statement)


@migration
def m006_approved_headings(db: sqlite3.Connection) -> None:
    """Add headings and page labels to approved passages, as they were approved; earlier approvals get no headings.

    A sheet's name counts as a heading, so such page labels become "sheet without name".
    """
    for name in ("heading", "page"):
        db.execute(f"alter table approved_passages add column {name} text not null default ''")
    page = "case when {0} like 'sheet %' then 'sheet without name' else {0} end"
    db.execute(
        f"update approved_passages set page = (select {page.format('p.page')} from passages p where p.id = passage_id)"  # noqa: S608 ours
    )
    db.execute(f"update pairs set page = {page.format('page')}")  # noqa: S608 ours


@migration
def m007_identity(db: sqlite3.Connection) -> None:
    """Add the people who signed in, their roles on the machine (no project) and in projects, and who started a job."""
    for statement in _IDENTITY.strip().split("\n\n"):
        db.execute(statement)


@migration
def m008_unread(db: sqlite3.Connection) -> None:
    """Add a record of what nobody had looked at when a text was approved; null for earlier approvals."""
    db.execute("alter table reviews add column unread text")


@migration
def m009_written_passages(db: sqlite3.Connection) -> None:
    """Add question pairs that a job has written but that do not count yet, a row per passage (`pairs` null once they do)."""
    db.execute(
        "create table written_passages (job_id text not null references jobs on delete cascade,"
        " document_id text not null references documents on delete cascade, review_id text not null,"
        " passage_id text not null, pairs text, primary key (job_id, review_id, passage_id))"
    )


@migration
def m010_search_version(db: sqlite3.Connection) -> None:
    """Add the version of the search that examined a document; 0, before the first version, for earlier searches."""
    db.execute("alter table documents add column search_version integer not null default 0")


@migration
def m011_treatment_of_spans(db: sqlite3.Connection) -> None:
    """Add how a span is replaced, which so far only the text in its surrogate's place told."""
    db.execute("alter table spans add column treatment text not null default 'surrogate'")
    told = {"mask": "\u2588\u2588\u2588\u2588\u2588", "remove": "\u27e8removed\u27e9", "keep": "\u27e8stays readable\u27e9"}
    for treatment, text in told.items():
        db.execute("update spans set treatment = ? where surrogate = ?", [treatment, text])
    db.execute("update spans set treatment = 'tag' where surrogate like '<%'")


@migration
def m012_reidentification(db: sqlite3.Connection) -> None:
    """Call the tables of re-identification by its name."""
    db.execute("alter table way_back rename to reidentification")
    db.execute("alter table way_back_blocks rename to sealed_blocks")
    db.execute("alter table way_back_openings rename to reidentifications")


@migration
def m013_hint_command(db: sqlite3.Connection) -> None:
    """Add the command that does what a job's hint says; hints of earlier jobs hold words and command together."""
    db.execute("alter table jobs add column hint_command text not null default ''")


@migration
def m014_not_known(db: sqlite3.Connection) -> None:
    """Store what is not known as null; until now "", 0 or -1 stood for it."""
    _store_null(db, _NOT_KNOWN)


@migration
def m015_not_known_of_jobs(db: sqlite3.Connection) -> None:
    """Store what is not known of a job, or not there yet, as null; until now "" or 0 stood for it."""
    _store_null(db, {"jobs": _NOT_KNOWN_OF_JOBS})


@migration
def m016_pairs_by_fact(db: sqlite3.Connection) -> None:
    """Add who wrote a pair and which fact it asks for in which words, conversations, and what people decided or changed."""
    for statement in _PAIRS_BY_FACT.strip().split("\n"):
        db.execute(statement)
    db.execute("update pairs set decided = 'dropped' where reason = 'by hand'")


@migration
def m019_texts(db: sqlite3.Connection) -> None:
    """Add texts written about passages; `job_id` is null once a text counts, as it does together with its job's pairs."""
    for statement in _TEXTS.strip().split("\n\n"):
        db.execute(statement)


@migration
def m021_dataset_cards(db: sqlite3.Connection) -> None:
    """Add what a dataset version came from, how it is split and its card, and with which settings a passage was written."""
    for statement in _DATASET_CARDS.strip().split("\n"):
        db.execute(statement)


@migration
def m020_pair_measures(db: sqlite3.Connection) -> None:
    """Add what was measured of question pairs, those too that a job wrote and that do not count yet; and filter settings."""
    db.execute(
        "create table pair_measures (pair_id text primary key, project_id text not null"
        " references projects on delete cascade, sha256 text not null,"
        " is_whole integer, language_fit real, personal_count integer, ungrounded_count integer,"
        " with_passage real, without_passage real, judged real, embedding blob)"
    )
    db.execute("create index pair_measures_by_project on pair_measures (project_id)")
    db.execute(
        "create table filter_settings (project_id text primary key references projects on delete cascade,"
        " settings text not null)"
    )


@migration
def m017_parts(db: sqlite3.Connection) -> None:
    """Add where the messages of an imported conversation lie in its passage; until now the words before them told.

    Those passages held `Question: `, the question, a line break, `Answer: ` and the answer.
    """
    for table in ("passages", "approved_passages"):
        db.execute(f"alter table {table} add column parts text not null default '[]'")
    rows = db.execute(
        "select a.id, a.start, length(p.input) as question, a.end, length(p.output) as answer from passages a"
        " join pairs p on p.passage_id = a.id and p.origin = 'imported'"
    ).fetchall()
    for passage_id, start, question, end, answer in rows:
        first, last = start + len("Question: "), end - answer
        if last - len("\nAnswer: ") == first + question:
            places = (("question", first, first + question), ("answer", last, end))
            parts = [{"role": role, "start": begun, "end": ended} for role, begun, ended in places]
            db.execute("update passages set parts = ? where id = ?", [json.dumps(parts), passage_id])


@migration
def m018_curation(db: sqlite3.Connection) -> None:
    """Add what working on many pairs needs: an order and a search by words, who edited one, and acts that can be undone."""
    for statement in _CURATION.strip().split("\n\n"):
        db.execute(statement)


@migration
def m022_undo_of_filters(db: sqlite3.Connection) -> None:
    """Add the filter settings before and after an act on pairs, and to its rows what the filters made of each pair."""
    for column in ("filters_before text", "filters_after text"):
        db.execute(f"alter table pair_acts add column {column}")
    for column in ("state_after text", "reason_after text"):
        db.execute(f"alter table pair_act_rows add column {column}")


@migration
def m023_good_enough(db: sqlite3.Connection) -> None:
    """Add the share of right answers that a project asks for, and whether a run reached it; older evaluations do not say."""
    db.execute("alter table projects add column good_enough real not null default 0.6")
    db.execute("alter table evaluations add column is_good_enough integer")


@migration
def m024_leak_limit(db: sqlite3.Connection) -> None:
    """Add how much of what review removed an exported run of a project may give away; null: there is no limit."""
    db.execute("alter table projects add column leak_limit real")


@migration
def m025_experiments(db: sqlite3.Connection) -> None:
    """Add experiments, and goals of a project's own."""
    for statement in _EXPERIMENTS.strip().split("\n\n"):
        db.execute(statement)


@migration
def m026_conversations(db: sqlite3.Connection) -> None:
    """Add conversations with their questions and answers, and instructions of a project's own."""
    for statement in _CONVERSATIONS.strip().split("\n\n"):
        db.execute(statement)


@migration
def m027_source_thresholds(db: sqlite3.Connection) -> None:
    """Add how well sources must fit a question of a project for it to be answered, and how often that is wrong."""
    db.execute(
        "create table source_thresholds (project_id text primary key references projects on delete cascade,"
        " threshold real not null, refused real not null, answered real not null, answerable integer not null,"
        " others integer not null, created_at text not null)"
    )


@migration
def m028_services(db: sqlite3.Connection) -> None:
    """Add the keys with which programs ask a service, and how much of services was used each day.

    A key outlives its project, whose end ends it: if its row went, nobody could tell that keys were ever needed.
    """
    for statement in _SERVICES.strip().split("\n\n"):
        db.execute(statement)


@migration
def m029_release_cards(db: sqlite3.Connection) -> None:
    """Add the card of a release, the hash of its list of files and who signed it; older releases have none."""
    db.execute("alter table releases add column card text not null default '{}'")
    for column in ("sums_sha256", "signer"):
        db.execute(f"alter table releases add column {column} text")


@migration
def m030_last_projects(db: sqlite3.Connection) -> None:
    """Add which project each person worked in last; "" is the operating system's account."""
    db.execute(
        "create table last_projects"
        " (person_id text primary key, project_id text not null references projects on delete cascade)"
    )


@migration
def m031_comparisons(db: sqlite3.Connection) -> None:
    """Add answers that people compared, and their votes."""
    db.execute(
        "create table comparisons (id text primary key, project_id text not null references projects on delete cascade,"
        " person_id text, question text not null, answers text not null, is_blind integer not null, vote text,"
        " created_at text not null)"
    )
    db.execute("create index comparisons_project on comparisons (project_id)")


@migration
def m032_monitoring(db: sqlite3.Connection) -> None:
    """Add the model in use with its history, when it is time to retrain, and how well asked questions fit trained ones.

    Of a question only that figure is kept, and it goes with the question.
    """
    for statement in _MONITORING.strip().split("\n\n"):
        db.execute(statement)


@migration
def m033_series(db: sqlite3.Connection) -> None:
    """Add comparisons over the questions of a file, with their answers, and which of them a vote is about."""
    for statement in _SERIES.strip().split("\n\n"):
        db.execute(statement)


@migration
def m034_remembered(db: sqlite3.Connection) -> None:
    """Add what a model was told again of earlier turns, which turns are forgotten, and the notes of long conversations."""
    db.execute("alter table conversations add column note text")
    db.execute("alter table chat_turns add column remembered text not null default '[]'")
    db.execute("alter table chat_turns add column is_forgotten integer not null default 0")


@migration
def m035_feedback(db: sqlite3.Connection) -> None:
    """Add feedback for the experts of a project and the preferences made of it; what was judged before stays private."""
    for statement in _FEEDBACK.strip().split("\n\n"):
        db.execute(statement)


@migration
def m036_chat_retention(db: sqlite3.Connection) -> None:
    """Add how long a project keeps what is said in its chats; so far, until whoever asked deletes it."""
    db.execute("alter table projects add column retention text not null default '{}'")


@migration
def m037_words_of_series(db: sqlite3.Connection) -> None:
    """Add when the words of a series were deleted, which its project keeps no longer, and which sources its answers had."""
    db.execute("alter table series add column words_deleted_at text")
    db.execute("alter table series_answers add column sources text not null default '[]'")


def _store_null(db: sqlite3.Connection, stood_for: Mapping[str, Mapping[str, str | float]]) -> None:
    """Store null where `stood_for`, by table and column, says which value stood for it."""
    for table, columns in stood_for.items():
        _allow_null(db, table, columns)
    for table, columns in stood_for.items():
        for column, value in columns.items():
            db.execute(f"update {table} set {column} = null where {column} = ?", [value])  # noqa: S608 ours


def _allow_null(db: sqlite3.Connection, table: str, columns: Iterable[str]) -> None:
    """Take `not null` and the default off columns of a table, by editing the schema as SQLite describes it.

    See https://sqlite.org/lang_altertable.html#making_other_kinds_of_table_schema_changes. A column cannot be dropped:
    that takes SQLite 3.35, and the Python of the bundle has 3.34. Nor can the table be made anew: foreign keys are
    enforced during a transaction, so dropping the old one would delete every row that refers to it.
    """
    sql = db.execute("select sql from sqlite_master where type = 'table' and name = ?", [table]).fetchone()[0]
    for column in columns:
        sql, count = re.subn(rf"(\b{column} (?:text|integer|real)) not null(?: default (?:''|-?\d+))?", r"\1", sql)
        if count != 1:
            raise sqlite3.DatabaseError(f"the column {column} of {table} is not as an earlier step made it")
    version = db.execute("pragma schema_version").fetchone()[0]
    db.execute("pragma writable_schema = on")
    db.execute("update sqlite_master set sql = ? where type = 'table' and name = ?", [sql, table])
    db.execute(f"pragma schema_version = {version + 1}")  # so that every other connection reads the schema again
    db.execute("pragma writable_schema = reset")  # and this one


_INITIAL = """
create table projects (
    id text primary key, name text not null unique collate nocase, policy text not null, is_sample integer not null,
    created_at text not null
);
create table project_keys (
    project_id text primary key references projects on delete cascade, key blob not null
);
create table documents (
    id text primary key, project_id text not null references projects on delete cascade, name text not null,
    kind text not null, size_bytes integer not null, sha256 text not null, text_sha256 text not null, state text not null,
    problem text not null, page_count integer not null, word_count integer not null, language text not null,
    analyzed_sha256 text not null, created_at text not null
);
create index documents_project on documents (project_id);
create table passages (
    id text primary key, document_id text not null references documents on delete cascade, "index" integer not null,
    start integer not null, end integer not null, heading text not null, page text not null, token_count integer not null
);
create index passages_document on passages (document_id, "index");
create table spans (
    id text primary key, document_id text not null references documents on delete cascade, start integer not null,
    end integer not null, entity text not null, score real not null, detector text not null, state text not null,
    reviewer text not null, surrogate text not null
);
create index spans_document on spans (document_id, start);
create table surrogates (
    project_id text not null references projects on delete cascade, entity text not null, value_hmac text not null,
    surrogate text not null, primary key (project_id, entity, value_hmac)
);
create table reviews (
    id text primary key, document_id text not null references documents on delete cascade, reviewer text not null,
    text_sha256 text not null, anonymized_sha256 text not null, span_count integer not null, state text not null,
    reason text not null, created_at text not null
);
create index reviews_document on reviews (document_id, state);
create table approved_passages (
    review_id text not null references reviews on delete cascade,
    passage_id text not null references passages on delete cascade,
    start integer not null, end integer not null, primary key (review_id, passage_id)
);
create table pairs (
    id text primary key, project_id text not null references projects on delete cascade, input text not null,
    output text not null, origin text not null, state text not null, reason text not null,
    document_id text not null references documents on delete cascade, document_name text not null, review_id text not null,
    passage_id text not null, page text not null, quote text not null, quote_start integer not null,
    quote_end integer not null, created_at text not null
);
create index pairs_project on pairs (project_id, state);
create table datasets (
    id text primary key, project_id text not null references projects on delete cascade, number integer not null,
    sha256 text not null, train_count integer not null, heldout_count integer not null, created_at text not null,
    unique (project_id, number)
);
create table runs (
    id text primary key, project_id text not null references projects on delete cascade, number integer not null,
    dataset_id text not null references datasets on delete cascade, dataset_sha256 text not null, model text not null,
    model_sha256 text not null, settings text not null, is_finished integer not null, adapter_sha256 text not null,
    metrics text not null, created_at text not null, unique (project_id, number)
);
create table evaluations (
    id text primary key, project_id text not null references projects on delete cascade,
    run_id text not null references runs on delete cascade, adapter_sha256 text not null, questions_sha256 text not null,
    question_count integer not null, scores text not null, verdict text not null, created_at text not null
);
create table releases (
    id text primary key, project_id text not null references projects on delete cascade,
    run_id text not null references runs on delete cascade, format text not null, path text not null, sha256 text not null,
    created_at text not null
);
create table jobs (
    id text primary key, kind text not null, project_id text not null, params text not null, key text not null,
    needs_accelerator integer not null, state text not null, done real not null, total real not null, unit text not null,
    message text not null, result text not null, error text not null, hint text not null,
    is_cancel_requested integer not null, pid integer not null, pid_started real not null, created_at text not null,
    started_at text not null, finished_at text not null, progress_at text not null, launched_s real not null default 0
);
create index jobs_state on jobs (state, created_at);
create table job_items (
    job_id text not null references jobs on delete cascade, item text not null, primary key (job_id, item)
)
"""

_AUDIT = """
create table audit (sequence integer primary key, sha256 text not null, entry text not null)

create table audit_head (sequence integer not null, sha256 text not null)

insert into audit_head values (0, '0000000000000000000000000000000000000000000000000000000000000000')

create trigger audit_follows before insert on audit when not exists (
    select 1 from audit_head where new.sequence = sequence + 1 and json_extract(new.entry, '$.previous_sha256') = sha256
) REFUSE

create trigger audit_moves_head after insert on audit begin
    update audit_head set sequence = new.sequence, sha256 = new.sha256;
end

create trigger audit_is_kept before delete on audit REFUSE

create trigger audit_is_unchanged before update on audit REFUSE

create trigger audit_head_follows before update on audit_head
when new.sequence is not old.sequence + 1
or not exists (select 1 from audit where sequence = new.sequence and sha256 = new.sha256) REFUSE

create trigger audit_head_is_kept before delete on audit_head REFUSE

create trigger audit_head_is_one before insert on audit_head REFUSE
""".replace("REFUSE", "begin select raise(abort, 'the audit log is append-only'); end")

_REVIEW = """
alter table projects add column two_person text not null default 'auto';
alter table projects add column sample_size integer not null default 60;
alter table reviews add column reviewer_id text not null default '';
alter table reviews add column is_authenticated integer not null default 0;
alter table reviews add column proposer text not null default '';
alter table reviews add column proposer_id text not null default '';
alter table reviews add column sampled integer not null default 0;
alter table reviews add column missed integer not null default 0;
alter table reviews add column unread_count integer not null default -1;
alter table reviews add column second_found integer not null default -1;
alter table reviews add column second_detector text not null default '';
alter table datasets add column risk text not null default '{}';
alter table runs add column risk text not null default '{}';
create table review_people (
    project_id text not null references projects on delete cascade, person_id text not null, name text not null,
    primary key (project_id, person_id)
);
create table samples (
    document_id text not null references documents on delete cascade, round integer not null, seed text not null,
    population integer not null, created_at text not null, primary key (document_id, round)
);
create table sample_passages (
    document_id text not null, round integer not null, position integer not null,
    passage_id text not null references passages on delete cascade, answer text not null default '',
    reader text not null default '', reader_id text not null default '', answered_at text not null default '',
    primary key (document_id, passage_id),
    foreign key (document_id, round) references samples on delete cascade
);
create table second_searches (
    document_id text primary key references documents on delete cascade, anonymized_sha256 text not null,
    detector text not null, created_at text not null
);
create table second_findings (
    document_id text not null references second_searches on delete cascade, start integer not null, end integer not null,
    entity text not null
)
"""

_REPLACEMENT = """
create table treatments (
    project_id text not null references projects on delete cascade, entity text not null, treatment text not null,
    primary key (project_id, entity)
);
create table way_back (
    project_id text primary key references projects on delete cascade, public_key blob not null, locked_key blob not null,
    parameters text not null, person text not null, created_at text not null
);
create table way_back_blocks (
    project_id text not null references way_back on delete cascade, number integer not null, block blob not null,
    primary key (project_id, number)
);
create table way_back_openings (
    id text primary key, project_id text not null references projects on delete cascade, person_id text not null,
    person text not null, reason text not null, surrogates integer not null, found integer not null,
    created_at text not null
)
"""

# project_id is "" for entries that apply to every project. As a foreign key would not allow that, a trigger deletes a
# project's entries with it.
_LISTS = """
create table list_entries (
    id text primary key, project_id text not null, kind text not null, text text not null, entity text not null,
    added_by text not null, created_at text not null
)

create index list_entries_project on list_entries (project_id, kind)

create table pattern_rules (
    id text primary key, project_id text not null, name text not null, definition text not null, entity text not null,
    added_by text not null, created_at text not null, unique (project_id, name)
)

create table list_dismissals (
    project_id text not null, kind text not null, text text not null, primary key (project_id, kind, text)
)

create trigger lists_go_with_their_project after delete on projects begin
    delete from list_entries where project_id = old.id;
    delete from pattern_rules where project_id = old.id;
    delete from list_dismissals where project_id = old.id;
end

alter table projects add column highest_marking text not null default 'unclassified'

alter table documents add column marking text not null default ''

alter table documents add column marking_level integer not null default -1

create table marking_default (highest_marking text not null)
"""

_IDENTITY = """
create table people (
    id text primary key, name text not null, mail text not null, issuer text not null, claimed_roles text not null,
    last_seen_at text not null
)

create table roles (
    person_id text not null references people on delete cascade, project_id text references projects on delete cascade,
    role text not null, granted_at text not null
)

create unique index roles_once on roles (person_id, coalesce(project_id, ''), role)

create table sign_ins (
    id text primary key, person_id text not null references people on delete cascade, expires_at text not null,
    ended_at text not null default ''
)

alter table jobs add column person_id text not null default ''
"""

_EXPERIMENTS = """
create table experiments (
    id text primary key, project_id text not null references projects on delete cascade, number integer not null,
    dataset_id text not null, dataset_sha256 text not null, goal text not null, variants text not null,
    created_at text not null, unique (project_id, number)
)

create table own_goals (
    id text primary key, project_id text not null references projects on delete cascade, name text not null collate nocase,
    model text not null, settings text not null, created_at text not null, unique (project_id, name)
)
"""

_CONVERSATIONS = """
create table conversations (
    id text primary key, project_id text not null references projects on delete cascade, person_id text,
    title text not null, is_pinned integer not null, setup text not null, created_at text not null, updated_at text not null
)

create index conversations_person on conversations (project_id, person_id)

create table chat_turns (
    id text primary key, conversation_id text not null references conversations on delete cascade, number integer not null,
    question text not null, answer text not null, state text not null, answerer text not null, pace text,
    sources text not null, thumb text, correction text, is_replaced integer not null, created_at text not null,
    written_at text not null
)

create index chat_turns_conversation on chat_turns (conversation_id, number)

create table own_instructions (
    id text primary key, project_id text not null references projects on delete cascade, name text not null collate nocase,
    text text not null, created_at text not null, unique (project_id, name)
)
"""

_FEEDBACK = """
alter table chat_turns add column is_unanswerable integer not null default 0

alter table pairs add column feedback_id text

create index pairs_of_feedback on pairs (feedback_id) where feedback_id is not null

create table feedback (
    id text primary key, project_id text not null references projects on delete cascade,
    turn_id text references chat_turns on delete cascade, question text not null, answer text not null,
    answerer text not null, sources text not null, thumb text, correction text, is_unanswerable integer not null,
    set_aside_by text, created_at text not null
)

create index feedback_in_order on feedback (project_id, created_at)

create index feedback_of_turn on feedback (turn_id)

create table preferences (
    id text primary key, project_id text not null references projects on delete cascade,
    document_id text not null references documents on delete cascade, review_id text not null, passage_id text not null,
    question text not null, chosen text not null, rejected text not null, feedback_id text, comparison_id text,
    added_by text not null, created_at text not null
)

create index preferences_project on preferences (project_id)

create index preferences_document on preferences (document_id)

create unique index preference_of_feedback on preferences (feedback_id) where feedback_id is not null

create unique index preference_of_vote on preferences (comparison_id, rejected) where comparison_id is not null
"""

_SERVICES = """
create table api_keys (
    id text primary key, name text not null, person_id text, project_id text, sha256 text not null,
    created_at text not null, last_used_at text, revoked_at text
)

create table service_days (
    day text not null, model text not null, project_id text references projects on delete cascade,
    requests integer not null, refused integer not null, failed integer not null, tokens_in integer not null,
    tokens_out integer not null, seconds real not null, primary key (day, model)
)
"""

_MONITORING = """
create table models_in_use (
    id text primary key, project_id text not null references projects on delete cascade, number integer not null,
    run_id text not null references runs on delete cascade, way text not null, reason text not null, set_by text not null,
    created_at text not null, unique (project_id, number)
)

create table monitoring_settings (
    project_id text primary key references projects on delete cascade, settings text not null, person_id text,
    evaluation_queued_at text
)

create table question_thresholds (
    dataset_id text primary key references datasets on delete cascade, threshold real, questions integer not null
)

create table question_fits (
    dataset_id text not null references datasets on delete cascade,
    turn_id text not null references chat_turns on delete cascade, fit real, primary key (dataset_id, turn_id)
) without rowid

create index question_fits_turn on question_fits (turn_id)
"""

# What stood for "not known", by table and column
_NOT_KNOWN: dict[str, dict[str, str | int]] = {
    "documents": {
        "text_sha256": "",
        "language": "",
        "analyzed_sha256": "",
        "search_version": 0,
        "marking": "",
        "marking_level": -1,
    },
    "spans": {"reviewer": ""},
    "reviews": {
        "reviewer": "",
        "reviewer_id": "",
        "proposer": "",
        "proposer_id": "",
        "unread_count": -1,
        "second_found": -1,
        "second_detector": "",
    },
    "pairs": {"review_id": "", "passage_id": ""},
    "runs": {"adapter_sha256": ""},
    "evaluations": {"adapter_sha256": ""},
}
_NOT_KNOWN_OF_JOBS: dict[str, str | float] = {
    "project_id": "",
    "person_id": "",
    "total": 0.0,
    "pid": 0,
    "pid_started": 0.0,
    "started_at": "",
    "finished_at": "",
    "progress_at": "",
    "launched_s": 0.0,
}

_PAIRS_BY_FACT = """
alter table pairs add column system text not null default ''
alter table pairs add column history text not null default '[]'
alter table pairs add column writer text
alter table pairs add column kind text
alter table pairs add column wording text
alter table pairs add column fact text
alter table pairs add column decided text
alter table pairs add column changed_by text
alter table pairs add column changed_at text
"""

_TEXTS = """
create table texts (
    id text primary key, project_id text not null references projects on delete cascade,
    document_id text not null references documents on delete cascade, review_id text not null, passage_id text not null,
    way text not null, text text not null, state text not null, reason text not null,
    job_id text references jobs on delete cascade, created_at text not null
)

create index texts_project on texts (project_id, job_id)

create index texts_passage on texts (passage_id)
"""

_DATASET_CARDS = """
alter table datasets add column parents text not null default '[]'
alter table datasets add column split text not null default 'passage'
alter table datasets add column card text not null default '{}'
alter table written_passages add column settings_sha256 text
create index if not exists written_passages_passage on written_passages (passage_id)
create index if not exists written_passages_review on written_passages (review_id)
create index if not exists pairs_passage on pairs (passage_id)
create index if not exists pairs_document on pairs (document_id, review_id)
"""

# `number` gives pairs a lasting order: the rowid of a table without an integer key may change when SQLite compacts the file.
# The words of `pairs` lie in `pair_words`, an index without a copy of the text; triggers keep it in step, whoever writes.
_CURATION = """
alter table pairs add column edited_by text

alter table pairs add column number integer

alter table pairs add column reason_before text

update pairs set number = rowid

create unique index pairs_number on pairs (number)

create index pairs_in_order on pairs (project_id, number)

create index pairs_of_document on pairs (document_id, number)

create index pairs_of_fact on pairs (project_id, fact)

create index pairs_of_passage on pairs (project_id, state, document_id, review_id, passage_id, origin, fact)

create index pairs_by_facet on pairs
    (project_id, state, reason, document_id, kind, wording, writer, origin, decided, edited_by)

create virtual table pair_words using fts5 (
    input, output, content = 'pairs', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2'
)

insert into pair_words (pair_words) values ('rebuild')

create trigger pairs_are_numbered after insert on pairs begin
    update pairs set number = coalesce((select max(number) from pairs), 0) + 1 where id = new.id;
    insert into pair_words (rowid, input, output) select number, input, output from pairs where id = new.id;
end

create trigger pair_words_change after update of input, output, number on pairs when old.number is not null begin
    insert into pair_words (pair_words, rowid, input, output) values ('delete', old.number, old.input, old.output);
    insert into pair_words (rowid, input, output) values (new.number, new.input, new.output);
end

create trigger pair_words_go after delete on pairs begin
    insert into pair_words (pair_words, rowid, input, output) values ('delete', old.number, old.input, old.output);
end

create table pair_acts (
    number integer primary key autoincrement, project_id text not null references projects on delete cascade,
    person_id text not null, person text not null, action text not null, created_at text not null
)

create index pair_acts_person on pair_acts (project_id, person_id, number)

create table pair_act_rows (
    act integer not null references pair_acts on delete cascade, pair_id text not null,
    document_id text not null references documents on delete cascade, change text not null, state text, reason text,
    decided text, changed_by text, changed_at text, reason_before text, number integer, whole text,
    primary key (act, pair_id)
) without rowid

create index pair_act_rows_document on pair_act_rows (document_id)
"""

_SERIES = """
create table series (
    id text primary key, project_id text not null references projects on delete cascade, person_id text,
    made_by text not null, number integer not null, questions text not null, questions_sha256 text not null,
    question_count integer not null, answerers text not null, settings text not null, job_id text not null,
    created_at text not null, unique (project_id, number)
)

create table series_questions (
    series_id text not null references series on delete cascade,
    project_id text not null references projects on delete cascade, number integer not null, question text not null,
    reference text not null, system text not null, history text not null, is_answerable integer not null,
    was_trained_on integer not null, primary key (series_id, number)
)

create table series_answers (
    series_id text not null references series on delete cascade,
    project_id text not null references projects on delete cascade, number integer not null, side integer not null,
    text text not null, state text not null, problem text not null, whole_s real not null, f1 real, outcome text,
    primary key (series_id, number, side)
)

alter table comparisons add column series_id text references series on delete cascade

alter table comparisons add column series_number integer

create index comparisons_series on comparisons (series_id)
"""
