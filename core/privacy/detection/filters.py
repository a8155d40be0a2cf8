"""Filtering of the language model's detections, so that doctrine and technical prose stay readable.

A model trained on newspapers takes headings, acronyms, part names and durations for names and dates. Only the model's
detections are filtered, never those of rules or reviewers.
"""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, replace

from core.language.english.calendar import SHORT_MONTHS
from core.privacy.detection.court_rulings import acts, is_court_ruling, stays, tells_length
from core.privacy.detection.proven_names import name_words
from core.privacy.detection.trimming import trim
from core.privacy.recognizers.everyday.dates import dates_a_law
from core.privacy.text.vocabulary import WORD, common_phrases, is_generic, may_be_name, named_acronyms, small_words
from core.records import Detection

_MONTH = "|".join(SHORT_MONTHS)
# A date that identifies a day, a month of a year, or a year; a duration or a frequency does not.
_SPECIFIC_DATE = re.compile(
    r"\b(?:1[6-9]|20)\d{2}s?\b|\b\d{1,2}[/-]\d{1,2}[/-]\d{2}\b|\b\d{1,2}:\d{2}\b"
    rf"|\b(?:{_MONTH})[a-z]*\.?\s\d|\d(?:st|nd|rd|th)?\s(?:of\s)?(?:{_MONTH})",
    re.IGNORECASE,
)
_DURATION = re.compile(r"\b(?:hours?|days?|weeks?|minutes?|seconds?|rounds?|rpm|mph|percent)\b", re.IGNORECASE)
# "M240", "AH-64D", "FM 3-0", "2-1", "ATP 5-0.1": a designation, not a name.
_DESIGNATION = re.compile(r"(?:[A-Za-z]{1,6}[ -]?)?\d[\w.-]*(?:[ /]\d[\w.-]*)*")
_ACRONYM = re.compile(r"[A-Z0-9][A-Z0-9&/.-]{0,7}s?")


# "TM 9-2320-280-20", "DA PAM 710-2-1", "3200 mils": a publication number, a measurement.
_PUBLICATION = re.compile(
    r"\b(?:FM|TM|AR|TC|ADP|ATP|ATTP|ADRP|JP|STP|GTA|DA|DD|SF|NATO|AJP|ACP|APP|STANAG|MIL-[A-Z]{3}|DODI|DODD|DA PAM|PAM|JSP|"
    r"DEF STAN|MCRP|MCWP|MCDP|NWP|CJCSI|CJCSM|CTA|TB|SB|SC|LO|MWO|Form|Regulation|Manual|Pamphlet)[ -]?$"
)
_DOCUMENT_NUMBER = re.compile(r"(?:[A-Z]{2,4} ?){0,2}\d[\d.-]*[A-Z&]{0,4}")
_MEASURE = re.compile(
    r"\d[\d.,]*[ -]?(?:mils?|mm|cm|m|km|kg|g|lbs?|ft|feet|inch(?:es)?|miles|meters|metres|rpm|Nm|bar|psi|volts?|V|A|W|kW|Hz)"
)


def is_technical(text: str, start: int, end: int) -> bool:
    """Return whether these bounds hold a publication number or a measurement.

    A network takes these for codes and addresses.
    """
    value = text[start:end]
    if _MEASURE.fullmatch(value):
        return True
    if not _DOCUMENT_NUMBER.fullmatch(value):
        return False
    figures = start + next(at for at, character in enumerate(value) if character.isdigit())
    return _PUBLICATION.search(text, max(0, figures - 20), figures) is not None


@dataclass(frozen=True, slots=True)
class Filter:
    """What one document reveals about its own words; `kept` filters the model's detections in it."""

    phrases: frozenset[str]
    small: frozenset[str]
    names: frozenset[str]  # acronyms that stand for a name
    is_court_ruling: bool

    @classmethod
    def of(cls, text: str, proven: Set[str] = frozenset()) -> "Filter":
        """Build the filter from a whole document; words of `proven` names never count as common, however it uses them."""
        phrases = {phrase for phrase in common_phrases(text) if proven.isdisjoint(name_words(phrase))}
        return cls(frozenset(phrases), small_words(text) - proven, named_acronyms(text), is_court_ruling(text))

    def kept(self, text: str, detection: Detection) -> Iterator[Detection]:
        """Yield the parts of `detection` that are personal data, cut at line ends, without articles and punctuation.

        A date is kept or dropped as a whole.
        """
        if detection.entity == "DATE_TIME":
            value = text[detection.start : detection.end]
            is_told = _SPECIFIC_DATE.search(value) is not None and not _DURATION.search(value)
            if self.is_court_ruling:
                is_told = (is_told or tells_length(value)) and not dates_a_law(text, detection.start)
            if is_told:
                yield detection
            return
        for start, end in trim(text, detection.start, detection.end):
            if self._is_specific(text[start:end], detection.entity):
                yield replace(detection, start=start, end=end)

    def _is_specific(self, value: str, entity: str) -> bool:
        words = [word for word in WORD.findall(value) if not any(character.isdigit() for character in word)]
        if self.is_court_ruling and entity in ("ORGANIZATION", "LOCATION"):
            if stays(value):
                return False
            if acts(value, entity) and value not in self.phrases:
                return True
        if not any(character.isupper() for character in value) and entity != "NRP":
            return entity == "PERSON" and words == [value] and len(value) > 3 and not is_generic(value)
        is_acronym = _ACRONYM.fullmatch(value) is not None
        is_common = value in self.phrases and (
            is_acronym or (entity == "ORGANIZATION" and any(is_generic(word) for word in words))
        )
        # a lone acronym is usually equipment or jargon; one that matters is explained in the text or found by a rule
        is_jargon = entity in ("ORGANIZATION", "NRP") and is_acronym and value not in self.names
        if is_common or is_jargon or _DESIGNATION.fullmatch(value):
            return False
        if len(words) == 1 and entity == "PERSON":
            return may_be_name(words[0]) and words[0].casefold() not in self.small and not _ACRONYM.fullmatch(value)
        if entity == "NRP":
            return any(len(word) > 2 and not is_generic(word) for word in words)
        return any(
            len(word) > 1 and not (is_generic(word) or word in self.phrases or word.casefold() in self.small)
            for word in words
        )
