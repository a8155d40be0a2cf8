"""Names of operations and exercises, including the word before them."""

from core.privacy.recognizers.rule import has_specific_word, rule

_SHOUTED = (
    r"[A-Z][A-Z'’]{2,}(?:-[A-Z]{2,})?(?:[ ][A-Z][A-Z'’-]{2,}){0,2}(?:[ ]\d{1,4}(?:[-/]\d{1,2})?(?!\d)|[- ][IVX]{1,4}(?!\w))?"
)
_WRITTEN = r"[A-Z][a-z]{2,}(?:[ -][A-Z][a-z]{2,}){0,2}(?:[ ](?:[IVX]{1,4}(?!\w)|\d{2,4}(?!\d)))?"

RULES = (
    rule(
        "OPERATION",
        rf"(?<![\w-])(?:Operation|OPERATION|Op|OP|Exercise|EXERCISE|Ex|EX|Opération|Op[ée]ration)\s(?:{_SHOUTED}|"
        rf"{_WRITTEN})",
        check=has_specific_word,
    ),
    rule(
        "OPERATION",
        rf"\b(?i:code ?(?:name|word)d?)(?:[ ](?:is|was|of))?[ ]?[:]?[ ][\"“'‘]?(?P<value>{_SHOUTED})",
        check=has_specific_word,
    ),
    rule(
        "OPERATION",
        r"\b(?:[Oo]p|[Ee]x|[Oo]peration|[Ee]xercise)[ ](?P<value>[A-Z]{3,}(?:[ ][A-Z]{3,})?(?:[ ]\d{1,3})?)(?!\w)",
        check=has_specific_word,
    ),
)
