"""The grammar of sentences, read by the real pipeline."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import SetupError
from core.language import grammar
from core.language.grammar import Word, parse
from core.language.pipeline import open_pipeline, pipeline_folder

SENTENCE = "The filter must be replaced by the crew every 500 hours."


@pytest.fixture(scope="module")
def words() -> dict[str, Word]:
    (parsed,) = parse([SENTENCE])
    assert [SENTENCE[word.start : word.end] for word in parsed] == [word.text for word in parsed]
    assert all(0 <= word.head < len(parsed) for word in parsed)
    return {word.text: word for word in parsed} | {"root": next(w for n, w in enumerate(parsed) if w.head == n)}


@pytest.mark.model
def test_subject_and_verb_of_a_real_sentence_are_told(words: dict[str, Word]) -> None:
    verb = words["root"]
    assert (verb.text, verb.lemma, verb.part, verb.tag, verb.role) == ("replaced", "replace", "VERB", "VBN", "ROOT")
    assert (words["filter"].role, words["must"].role, words["crew"].role) == ("nsubjpass", "aux", "pobj")
    assert words["hours"].lemma == "hour"
    assert SENTENCE.split()[words["filter"].head] == "replaced"


@pytest.mark.model
def test_texts_are_parsed_in_order_and_as_if_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["Pumps run.", "", "The crew drains the tank.", "  ", "Valves close slowly."]
    alone = [next(iter(parse([text]))) for text in texts]
    monkeypatch.setattr(grammar, "_ZONE", 2)
    assert list(parse(texts)) == alone
    assert alone[1] == ()


@pytest.mark.slow
def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    program = "import sys, core.language.grammar as g; g.parse(['A pump runs.']); print('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.model
def test_names_are_left_to_the_search_and_the_grammar_to_this() -> None:
    assert set(grammar._pipeline().pipe_names) >= {"tagger", "parser", "lemmatizer"}
    assert "ner" not in grammar._pipeline().pipe_names


@pytest.mark.model
def test_a_missing_or_damaged_pipeline_is_a_setup_error(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="missing"):
        open_pipeline(tmp_path, leaving_out=())
    (tmp_path / "config.cfg").write_text("[nlp]\nlang = 7", encoding="utf-8")
    with pytest.raises(SetupError, match="cannot be loaded"):
        open_pipeline(tmp_path, leaving_out=())


def test_the_pipeline_lies_among_the_embedded_models() -> None:
    assert (pipeline_folder() / "model.json").is_file()
