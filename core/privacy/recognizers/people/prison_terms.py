"""How long somebody was sentenced, held or banned: "two years and six months’ imprisonment". Other durations stay."""

from core.privacy.recognizers.everyday.dates import NUMBER_WORD
from core.privacy.recognizers.rule import rule

_NUMBER = rf"(?:{NUMBER_WORD}|an?|\d{{1,4}})"
_TIME = rf"{_NUMBER}[ -](?:years?|months?|weeks?|days?|hours?)['’]?"
_DURATION = rf"{_TIME}(?:(?:,| and|, and)[ ]{_TIME}){{0,2}}"
_PUNISHMENT = r"(?:imprisonment|detention|house arrest|probation|community service)"
_BEFORE = (
    r"(?:imprisonment (?:for|of)|(?:term|sentence) of|a (?:total )?period of|sentenced (?:(?:him|her|them|the \w+) )?to|"
    r"detained for|(?:extended|prolonged|suspended) (?:for|by))(?: a further| another| about| approximately)?"
)
_NEAR = (
    r"imprisonment|sentence|pre-trial|remand|house arrest|probation|applicant|convict|community service|disciplinary|"
    r"appellant|defendant"
)

RULES = (
    rule(
        "DATE_TIME",
        rf"(?<![\w-])(?P<value>{_DURATION})[ ](?:of )?(?:rigorous |suspended |effective |administrative )?{_PUNISHMENT}",
        score=0.8,
        near=_NEAR,
    ),
    rule("DATE_TIME", rf"\b{_BEFORE}[ ](?P<value>{_DURATION})", score=0.75, near=_NEAR),
)
