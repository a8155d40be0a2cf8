"""Anonymizing: Garrison's detection, surrogates and masking beside stock Presidio's detection alone."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from tests.benchmarks.frame import PEAK, Measured
from tests.benchmarks.material import model_path, paragraphs, sample_texts

SPACY_MODEL = "en-core-web-md"
MODELS = {"standard": [SPACY_MODEL], "thorough": [SPACY_MODEL, "rampart"]}


def detection(*, level: str, workers: int, copies: int) -> Measured:
    """Detection alone over the sample's paragraphs, so many times over; the clock starts when the first text is done
    (what every worker has read by then does not count).

    Peak memory is the most that this process and its workers held together, looked at every 200 texts.
    """
    import psutil

    from core.privacy import build_detector
    from core.privacy.detection.detector import BATCH_CHARACTERS

    own = psutil.Process()
    detector = build_detector(*map(model_path, MODELS[level]), workers=workers)
    texts = paragraphs() * copies
    started_s = time.perf_counter()
    found = detector.detect_each(texts)
    next(found)
    first_s = time.perf_counter()
    peak = 0.0
    for number, _ in enumerate(found):
        if number % 200 == 0:
            held = [process.memory_info().rss for process in (own, *own.children(recursive=True))]
            peak = max(peak, sum(held) / 1e6)
    seconds = time.perf_counter() - first_s
    size = sum(map(len, texts))
    ahead = workers * BATCH_CHARACTERS  # what was read by then
    return Measured(
        figures={"characters_per_s": (size - ahead) / seconds, PEAK: peak},
        detail=f"{size:,} characters; {first_s - started_s:.1f} s until the first text",
    )


def garrison() -> Measured:
    """Texts in, anonymized texts out: model, rules, filters, propagation, overlaps, surrogates, masking."""
    from core.privacy import SurrogateTable, build_detector, mask
    from core.records import Span

    detector = build_detector(model_path(SPACY_MODEL))
    table = SurrogateTable(b"a key for measuring, 32 bytes...", [])

    def anonymize(texts: Sequence[str]) -> int:
        count = 0
        for text, found in zip(texts, detector.detect(texts), strict=True):
            spans = [
                Span(
                    id=f"span-{number}",
                    document_id="document-1",
                    start=detection.start,
                    end=detection.end,
                    entity=detection.entity,
                    score=detection.score,
                    detector=detection.detector,
                    surrogate=table.surrogate(detection.entity, text[detection.start : detection.end]),
                )
                for number, detection in enumerate(found)
            ]
            mask(text, spans)
            count += len(spans)
        return count

    return _measured(anonymize)


def presidio() -> Measured:
    """Stock Presidio, paragraphs and whole documents; nothing is masked."""
    return _measured(_stock())


def stock(*, copies: int) -> Measured:
    """Stock Presidio over the sample's paragraphs, so many times over."""
    analyze, texts = _stock(), paragraphs() * copies
    analyze(["Sergeant Ann Lee wrote to Oslo on 3 May 2024."])  # loads what is loaded at first use
    started_s = time.perf_counter()
    analyze(texts)
    size = sum(map(len, texts))
    return Measured(figures={"characters_per_s": size / (time.perf_counter() - started_s)}, detail=f"{size:,} characters")


def stock_engine() -> Any:
    """Presidio's analyzer as it comes, with our spaCy model from its folder."""
    import logging
    from importlib.resources import files

    import tldextract
    import yaml  # type: ignore[import-untyped]
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # else it asks two hosts for a list
    configuration = yaml.safe_load(files("presidio_analyzer").joinpath("conf/default.yaml").read_text(encoding="utf-8"))
    configuration["models"] = [{"lang_code": "en", "model_name": str(model_path(SPACY_MODEL))}]
    provider = NlpEngineProvider(nlp_configuration=configuration)
    return AnalyzerEngine(nlp_engine=provider.create_engine())


def _stock() -> Callable[[Sequence[str]], int]:
    """`AnalyzerEngine().analyze`, text by text, with its own recognizers and the same spaCy model."""
    engine = stock_engine()

    def analyze(texts: Sequence[str]) -> int:
        return sum(len(engine.analyze(text, language="en")) for text in texts)

    return analyze


def _measured(work: Callable[[Sequence[str]], int]) -> Measured:
    """Characters per second over the sample's paragraphs, then over its whole documents."""
    work(["Sergeant Ann Lee wrote to Oslo on 3 May 2024."])  # loads what is loaded at first use
    figures, counts = {}, {}
    for name, texts in (("paragraphs", paragraphs()), ("documents", sample_texts())):
        started_s = time.perf_counter()
        counts[name] = work(texts)
        figures[f"{name}_per_s"] = sum(map(len, texts)) / (time.perf_counter() - started_s)
    size = sum(map(len, sample_texts()))
    return Measured(
        figures=figures, detail=f"{size:,} characters; {counts['paragraphs']} and {counts['documents']} spans found"
    )
