"""Which nouns stand for people, times, events and places, so that a question asks "who", "when" or "where"."""

import re
from collections.abc import Sequence

from core.language.grammar import Word

_PERSON_ENDING = re.compile(
    r"(?:men|man|woman|women|ist|ician|person|people|eer|warrior|fighter|holder|owner|worker|keeper|guard)$"
)
_NO_PEOPLE = frozenset("list checklist shortlist mist fist wrist twist".split())
PEOPLE = frozenset(
    "maker commander officer soldier leader planner chief staff user reviewer technician operator engineer manager director "
    "supervisor administrator inspector instructor trainer trainee teacher student nurse doctor physician surgeon patient "
    "medic driver pilot crew crewmember member marine sailor airman sergeant captain major colonel general lieutenant "
    "corporal private analyst adviser advisor assistant clerk cook diver mechanic electrician fitter welder carpenter "
    "employee employer worker contractor supplier customer client visitor guest owner tenant landlord buyer seller author "
    "editor writer reader auditor accountant lawyer attorney judge court prosecutor defendant witness applicant claimant "
    "plaintiff appellant respondent minister president secretary chairman chair delegate representative agent ambassador "
    "citizen resident civilian person people child parent mother father family adult infant combatant enemy adversary "
    "opponent ally partner friend colleague expert specialist professional scientist researcher historian chaplain priest "
    "imam rabbi bishop volunteer recruit veteran candidate applicant speaker messenger courier guard sentry lookout "
    "observer scout sniper gunner loader rigger winchman helmsman navigator pharmacist dentist midwife therapist "
    "caregiver carer paramedic firefighter policeman detective sheriff governor mayor senator deputy successor predecessor "
    "subordinate superior peer superintendent foreman master helper apprentice intern subscriber borrower lender donor "
    "recipient sender addressee signer approver requester proposer stakeholder participant attendee interpreter translator "
    "evaluator facilitator coordinator mentor counselor "
    "liaison aide custodian curator librarian technologist developer programmer tester designer architect surveyor "
    "quartermaster paratrooper infantryman personnel individual".split()
)
# Of what people make up, somebody asks "who or what".
BODIES = frozenset(
    "section headquarters unit command corps army navy force division brigade battalion agency organization office "
    "committee ministry company bank council government court commission authority service school university cell element "
    "staff".split()
)
_GROUPS = frozenset("group team board committee council panel squad platoon company battalion brigade department".split())
TIMES = frozenset(
    "second minute hour day week month quarter year decade century night morning afternoon evening noon midnight date time "
    "moment period season spring summer autumn winter monday tuesday wednesday thursday friday saturday sunday january "
    "february march april may june july august september october november december shift weekend today tomorrow".split()
)
_EVENTS = frozenset(
    "operation planning preparation execution assessment training rehearsal inspection use service start stop meeting "
    "exercise attack battle mission deployment storage transport installation maintenance repair cleaning flight landing "
    "departure arrival delivery construction conflict crisis war peace phase stage briefing conduct movement emergency "
    "surgery treatment examination review audit trial hearing lunch dinner break".split()
)
PLACES = frozenset(
    "room building box cabinet locker container drawer shelf hall office store storeroom warehouse workshop garage hangar "
    "yard gate house kitchen hospital ward library station port harbor ship boat vehicle truck bridge road street city town "
    "village country river lake sea forest field valley hill mountain camp base depot airfield runway headquarters "
    "laboratory lab tank engine wall floor roof ceiling cellar basement corridor entrance exit site plant factory tent "
    "bunker trench table desk bench folder archive tunnel".split()
)


def is_person(words: Sequence[Word], noun: int) -> bool:
    """Return whether noun number `noun` stands for a person or people."""
    lemma = words[noun].lemma.lower()
    return lemma in PEOPLE | _GROUPS or bool(_PERSON_ENDING.search(words[noun].text.lower()))


def is_person_word(word: str) -> bool:
    """Return whether a word in lower case stands for a person or people; a plural in "s" does if its singular does."""
    one = word.removesuffix("s")
    return word in PEOPLE or one in PEOPLE or (one not in _NO_PEOPLE and bool(_PERSON_ENDING.search(one)))


def is_time(word: Word) -> bool:
    """Return whether a noun is a time or a span of time."""
    return word.lemma.lower() in TIMES or bool(re.fullmatch(r"(?:1[5-9]|20)\d\d|\d{1,2}:\d\d", word.text))


def is_event(word: Word) -> bool:
    """Return whether a noun stands for something that takes time, such as an inspection."""
    return word.lemma.lower() in _EVENTS


def is_place(word: Word) -> bool:
    """Return whether a noun is a place that things or people can be in."""
    return word.lemma.lower() in PLACES
