"""What a name itself reveals: its script, its length, and the gender of a common given name.

The lists are ours: names that are common in English, French, German, Italian, Spanish, Dutch, Polish, Turkish, Scandinavian,
Russian, Ukrainian, Greek, Arabic and Hebrew. A name borne by both genders is in neither.
"""

import unicodedata
from functools import lru_cache
from typing import Literal

Gender = Literal["female", "male", ""]  # "" where it is not known


_FEMALE = frozenset(
    """
    abigail agnes agnieszka alexandra alice alicia alina amanda amelia amy ana andrea angela anita ann anna anne anneke
    annette antonia astrid audrey ayse barbara beata beatrice bernadette bethany bianca birgit brenda brigitte camila
    carla carmen carol carolina caroline catherine cecilia celine charlotte chiara chloe christina christine claire
    clara claudia concetta cristina daniela danielle deborah denise diana diane dolores dominika donna dorota dorothy
    edith elena eleanor elif elisa elisabeth elizabeth elke ella ellen elsa elzbieta emily emine emma erica erika esra
    esther eva evelyn ewa fatima fatma federica fiona florence frances francesca frederique freya gabriela gabriele
    geraldine gertrud gillian giovanna giulia gloria grace gudrun hanna hannah hannelore hatice heather heidi helen
    helena helga hilda hildegard ida ilse ines ingeborg ingrid irena irene isabel isabella isabelle ivana jacqueline
    jana jane janet jasmine jeanne jennifer jessica joan joanna johanna jolanda josefa joyce juanita judith julia
    juliana julie justyna karen karin katarzyna kate katharina katherine kathleen katja katrin kerstin khadija kristin
    kristina krystyna lara latifa laura lauren layla lea leila lena leticia lily linda lisa lotte louise lucia lucy
    luisa lydia madeleine magdalena malgorzata manon mara margaret margarita margarethe maria mariana marie marieke
    marina marta martha martina mary maryam mathilde maureen megan melanie melissa mercedes mia michelle mieke mildred
    miriam molly monica monika nadia nancy naomi natalia natalie nathalie nicole nina noor nora nuria olga olivia paola
    patricia paula pauline petra phyllis pilar rachel rebecca regina renate rita rosa rosalind rose roswitha ruth sabine
    sally samira sandra sara sarah saskia silke silvia simone sofia sofie sonia sophia sophie stefania stephanie susan
    susanne svetlana sylvia tamara tatiana teresa theresa tina ulrike ursula valentina valeria vanessa vera veronica
    victoria virginia viviana wanda wendy wilhelmina xenia yasmin yvonne zainab zeynep zofia zuzanna анна мария елена
    ольга наталья наталия татьяна ирина светлана людмила галина екатерина юлия оксана марина вера надежда любовь софия
    дарья анастасия валентина нина тамара зоя лариса ксения полина олена тетяна наталія ірина юлія μαρία ελένη
    αικατερίνη γεωργία σοφία αναστασία βασιλική ιωάννα παναγιώτα δήμητρα χριστίνα άννα فاطمة عائشة مريم زينب خديجة ليلى
    نور سارة هدى سميرة نادية أمل ياسمين שרה רבקה רחל לאה מרים חנה אסתר רות יעל תמר מיכל נועה דינה
    """.split()
)
_MALE = frozenset(
    """
    aaron abdul abdullah adam adrian ahmad ahmed ahmet alain alan albert alberto alejandro alessandro alexander alfred
    ali allan ambrose anders andreas andrew andrzej anthony antoine anton antonio arne arnold arthur august axel barry
    bartosz benjamin bernard bernd bilal björn bob boris brian bruce bruno carl carlos charles christian christoph
    christopher claude colin conrad craig damian daniel dariusz david dennis derek diego dieter dietmar dirk dmitri
    dominik donald douglas duncan edgar eduardo edward edwin emil emre enrico enrique eric erik ernst eugene felipe
    felix ferdinand fernando francesco francis franciszek francois frank franz fred frederick friedrich fritz gary
    geoffrey george georg gerald gerard gerhard giovanni giuseppe gilbert gordon graham greg gregory guenter guillaume
    gunnar gustav guido guy günter hamid hans harald harold harry hasan hassan heinrich heinz helmut hendrik henri henry
    herbert hermann horst howard hubert hugh hugo huseyin hussein hüseyin ian ibrahim igor ismail ivan jack jacob
    jacques jakub james jan javier jeffrey jeremy jerome jerzy joachim joao johan johann johannes john jonas jonathan
    jorge jose josef joseph juan julian julien jürgen jukka karl karol keith kenneth kevin khalid klaus konrad kurt lars
    laurent lawrence leo leon leonard liam lorenzo louis luca lucas luis lukas lukasz maarten magnus malcolm manfred
    manuel marc marcel marcin marco marcus mario mariusz mark markus martin mateusz matteo matthew matthias maurice max
    maximilian mehmet michael michal michel miguel mikael mohamed mohammad mohammed muhammad murat mustafa neil nicolas
    niels nikolai nigel norbert norman olaf oliver omar oscar oskar osman otto pablo pascal patrick paul pawel pedro per
    peter philip philippe pierre pieter piotr rafael rainer ralf ralph ramon raymond reinhard ricardo richard robert
    roberto rodrigo roger roland rolf roman ronald rudolf rupert russell ruud salvatore samuel santiago sebastian sergei
    sergio siegfried simon stanislaw stefan stephen steven stuart sven takis tariq terence theodor theodore thierry
    thomas tim timothy tobias tomasz tom ulrich umar uwe vasily victor vincent vladimir volker walter werner wilhelm
    willem william winston wojciech wolfgang xavier yusuf yves zbigniew александр алексей андрей антон борис валерий
    василий виктор владимир дмитрий евгений иван игорь константин максим михаил николай олег павел пётр петр роман
    сергей степан юрий фёдор олександр андрій володимир микола сергій дмитро тарас γεώργιος γιώργος δημήτριος δημήτρης
    ιωάννης γιάννης κωνσταντίνος κώστας νικόλαος νίκος παναγιώτης βασίλης χρήστος محمد أحمد علي حسن حسين عمر خالد يوسف
    إبراهيم عبد مصطفى محمود سعيد كريم طارق אברהם יצחק יעקב משה דוד יוסף שמואל דניאל אליהו שלמה יונתן
    """.split()
)
_FEMALE_TITLES = frozenset("mrs ms miss mme mlle madame frau señora sra signora lady dame".split())
_MALE_TITLES = frozenset("mr monsieur herr señor sr signor sir lord".split())
_FEMALE_SURNAMES = ("ова", "ева", "ина", "ская", "цкая", "πούλου", "ίδου")


@lru_cache(maxsize=20_000)
def script_of(word: str) -> str:
    """Return the script of a word's first letter as Unicode names it, such as "LATIN"; "" if the word has no letter."""
    letter = next((character for character in word if character.isalpha()), "")
    return unicodedata.name(letter, "").partition(" ")[0] if letter else ""


def gender_of(word: str, title: str = "") -> Gender:
    """Return the gender that the title implies, or else the given name itself; "" if unknown."""
    titles = {part.strip(".").casefold() for part in title.split()}
    if titles & _FEMALE_TITLES:
        return "female"
    if titles & _MALE_TITLES:
        return "male"
    small = word.casefold()
    return "female" if small in _FEMALE else "male" if small in _MALE else ""


def is_given_name(word: str) -> bool:
    """Return whether the word is a common given name."""
    return bool(gender_of(word))


def is_female_surname(word: str) -> bool:
    """Return whether a surname's ending marks it as a woman's."""
    return word.casefold().endswith(_FEMALE_SURNAMES)


def length_class(word: str) -> int:
    """Return 0 for up to four letters, 1 for five to seven, 2 for more."""
    return (len(word) > 4) + (len(word) > 7)
