"""What the parser finds broken: questions as rules and small models write them, and as people do."""

import pytest

from core.language.grammar import parse
from core.questions.filters.wording.sentences import is_whole_question, stranded_with

pytestmark = pytest.mark.model

BROKEN = """What do since chaplains have?
What do Once Soldiers collect?
What do the air tasking order, airspace control order, and provide?
What does the commander uses?
What the purpose of the plan?
How many are?
What do commanders?
What must before the operation the staff?
Who does responsible for the keys?
What does commanders use?
When are the batteries recharge?
What is the steps of the process?
What can the use?
Where does information collection?
What does selected capability?
What does the majority of civil affair?
What does converge capability from?
What do ground reconnaissance verifies whether?
What does component commander with?
What do friendly intelligence routinely collects information on?
What footprints similar to that of a manned aircraft?""".splitlines()

WHOLE = """What is a base?
Who is responsible for the keys?
How often must the relief valve be tested?
In maintenance of the KV-2231, how often is the filter changed?
Which term means the ability to gain and sustain control over land?
What does the survey team consist of?
What are batteries stored in?
Who are the keys handed out by?
What does METT-TC stand for?
What happens if the pressure falls below 2 bar?
What must commanders do before the operation?
How is the commander's intent defined?
What do military deception and OPSEC protect?
Why do units conduct rehearsals?
What does the crew clean the filter with?
Is it true that batteries are recharged every 90 days?
Are batteries recharged every 90 days?
How many technicians recharge the batteries?
What does research and development include?
When can the main valve be opened?
Which units are assigned to the corps?
What does the S-2 do after the reconnaissance is complete?
For what is the relief valve used?
What enables commanders to understand the operational environment?
How long does the training last?
What has the commander to decide first?
What may the ESC commander perform?
What does information collection directly support?
How is map reconnaissance defined?
What does the term "weapons tight" mean?
What is the operations and intelligence working group?
What does a subordinate brief?
Where must deception end?
How is the valve set?
What does logistics include?
What does it mean that weapons are tight?
What do reconnaissance and surveillance both include?
Can you tell me what company training schedules are?
According to FM 3-55, what do units conduct with little concern about who observes?
How do planners know where the enemy forces are?""".splitlines()


def test_broken_questions_are_found_broken():
    wrong = [question for question, words in zip(BROKEN, parse(BROKEN), strict=True) if is_whole_question(words)]
    assert wrong == []


def test_whole_questions_are_found_whole():
    wrong = [question for question, words in zip(WHOLE, parse(WHOLE), strict=True) if not is_whole_question(words)]
    assert wrong == []


def test_a_last_with_after_an_object_is_told_from_one_of_the_verb():
    torn = "What does intelligence and CEMA staff consider state and non-state actor with?"
    questions = [
        torn,
        "What does the crew clean the filter with?",
        "What does the staff coordinate with?",
        "What comes with it?",
    ]
    assert [stranded_with(words) for words in parse(questions)] == [True, True, False, False]
