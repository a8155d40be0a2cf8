"""The only place that builds Presidio's analyzer: local model, no network, organizations switched on, our rules added."""

import logging
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import tldextract

from core.detectors import RULES, SPACY
from core.errors import SetupError
from core.language.pipeline import open_pipeline
from core.lean_imports import without
from core.privacy.recognizers import families
from core.privacy.recognizers.rule import RuleSet
from core.privacy.text.letter_case import unshouted
from core.records import Detection

# Presidio and spaCy import these if installed, but need neither here. Importing this module takes 8.4 s of CPU time with
# them and 2.4 s without; a worker's peak memory is 652 MB with them and 366 MB without.
with without("torch", "transformers"):
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, RecognizerResult
    from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
    from presidio_analyzer.nlp_engine import NerModelConfiguration, NlpArtifacts, SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        CryptoRecognizer,
        IbanRecognizer,
        IpRecognizer,
        MacAddressRecognizer,
        NhsRecognizer,
        SpacyRecognizer,
    )

_RULES = RuleSet(families.RULES)
# Stock Presidio ignores ORGANIZATION, which alone costs 30 points of recall on court judgments (docs/privacy).
_LABELS = {
    "PERSON": "PERSON", "ORG": "ORGANIZATION", "GPE": "LOCATION", "LOC": "LOCATION", "FAC": "LOCATION", "NORP": "NRP",
    "DATE": "DATE_TIME", "TIME": "DATE_TIME",
}  # fmt: skip
_IGNORED = ["CARDINAL", "EVENT", "LANGUAGE", "LAW", "MONEY", "ORDINAL", "PERCENT", "PRODUCT", "QUANTITY", "WORK_OF_ART"]
_GRAMMAR = ("tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer")  # the network for names needs none
_MIN_SCORE = 0.4
_BATCH = 32  # pieces sent through the network together
_ZONE = 256  # pieces per memory zone, after which spaCy frees the words first seen there


class _NoContext(ContextAwareEnhancer):  # type: ignore[misc]
    """Turns off Presidio's context enhancer, since our rules carry their own context.

    Presidio's needs lemmas, which double the time, and puts document text into error messages.
    """

    def __init__(self) -> None:
        super().__init__(0.0, 0.0, 0, 0)

    def enhance_using_context(self, text: str, raw_results: list[RecognizerResult], **_: Any) -> list[RecognizerResult]:
        return raw_results


class _NoLemmas(SpacyNlpEngine):  # type: ignore[misc]
    """A spaCy engine that returns entities without lemmas and keywords, which are not used and cost a fifth of the time."""

    def _doc_to_nlp_artifact(self, doc: Any, language: str) -> NlpArtifacts:
        entities, scores = self._get_updated_entities(doc.ents, self._get_scores_for_entities(doc))
        return NlpArtifacts(entities, doc, [], [], None, language, scores)


class Engine:
    """Runs the analyzer over batches of short pieces of text."""

    def __init__(self, nlp: Any) -> None:
        tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # else it downloads from two hosts
        configuration = NerModelConfiguration(model_to_presidio_entity_mapping=_LABELS, labels_to_ignore=_IGNORED)
        self._nlp = _NoLemmas(ner_model_configuration=configuration)
        self._nlp.nlp = {"en": nlp}  # loaded by us: Presidio's own loader downloads missing models
        numbers = (CreditCardRecognizer, CryptoRecognizer, IbanRecognizer, IpRecognizer, MacAddressRecognizer, NhsRecognizer)
        self._ner = SpacyRecognizer(supported_entities=sorted(set(_LABELS.values())), name=SPACY)
        recognizers = [self._ner, *(kind() for kind in numbers)]
        self._analyzer = AnalyzerEngine(
            registry=RecognizerRegistry(recognizers=recognizers),
            nlp_engine=self._nlp,
            context_aware_enhancer=_NoContext(),
            default_score_threshold=_MIN_SCORE,
        )

    def analyze(self, pieces: Iterable[str]) -> Iterator[list[Detection]]:
        """Yield what model and rules detected in each piece, overlaps unresolved, with offsets relative to the piece."""
        waiting = iter(pieces)
        while batch := list(islice(waiting, _ZONE)):
            with self._nlp.get_nlp("en").memory_zone():  # otherwise spaCy keeps every word it has ever seen
                detections = list(self._read(batch))
            yield from detections

    def _read(self, batch: list[str]) -> Iterator[list[Detection]]:
        shown = [unshouted(piece) for piece in batch]
        read = self._nlp.process_batch(shown, language="en", batch_size=_BATCH)
        for piece, (_, artifacts) in zip(batch, read, strict=True):
            results = self._analyzer.analyze(piece, language="en", nlp_artifacts=artifacts)
            yield [*(self._detection(result) for result in results), *_by_rules(piece)]

    def _detection(self, result: RecognizerResult) -> Detection:
        name = (result.recognition_metadata or {}).get(RecognizerResult.RECOGNIZER_NAME_KEY, "")
        return Detection(
            start=result.start,
            end=result.end,
            entity=result.entity_type,
            score=round(float(result.score), 3),
            detector=SPACY if name == SPACY else RULES,
        )


def _by_rules(text: str) -> Iterator[Detection]:
    """Yield what our rules detect.

    They run outside the analyzer, which would drop a rule's detection if the model found the same with a higher score.
    """
    for rule, (start, end) in _RULES.find(text):
        yield Detection(start=start, end=end, entity=rule.entity, score=rule.score, detector=RULES)


def build_engine(spacy_model: Path) -> Engine:
    """Load the spaCy model from this folder and nowhere else, with only its named-entity recognizer.

    Raises:
        SetupError: the folder is missing or holds no usable model.
    """
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    nlp = open_pipeline(spacy_model, leaving_out=_GRAMMAR)
    if "ner" in nlp.pipe_names:
        for node in nlp.get_pipe("ner").model.walk():
            node.ops.use_blis = False  # 30 matrix products of 2,000 x 288 by 288 x 288: numpy 0.15 s, blis 0.5 s
    else:
        raise SetupError(
            f"The spaCy model at {spacy_model} finds no names.", "Use en_core_web_md or another model with NER."
        )
    return Engine(nlp)
