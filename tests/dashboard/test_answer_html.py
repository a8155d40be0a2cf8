"""Answers as HTML: what a model writes can load nothing and run nothing, and reads as it was meant."""

import random
from html.parser import HTMLParser

import pytest

from dashboard.components.chat.answer_html import answer_html

TAGS = {"div", "p", "br", "h4", "hr", "span", "strong", "em", "code", "pre", "blockquote"}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
CLASSES = {"garrison-answer", "table", "sign", *(f"item level-{level}" for level in range(4))}

HOSTILE = [
    "![x](https://evil.example/a.png)",
    "[click](https://evil.example) and <https://evil.example> and https://evil.example and www.evil.example",
    "[a]: https://evil.example\n\n![b][a]",
    "<img src=https://evil.example/a.png onerror=alert(1)>",
    "<script>fetch('https://evil.example')</script>",
    "<style>@import url(https://evil.example/a.css); * { background: url(//evil.example) }</style>",
    '<a href="javascript:alert(1)">x</a> [x](javascript:alert(1)) [x](data:text/html;base64,PHNjcmlwdD4=)',
    "<iframe srcdoc='<img src=//evil.example>'></iframe><svg/onload=alert(1)>",
    '<div class="garrison-answer" style="background:url(//evil.example)">',
    "`<img src=//evil.example>` **<img src=//evil.example>** *<b onclick=alert(1)>x</b>*",
    "```html\n<img src=//evil.example>\n```\n<img src=//evil.example>",
    "```\n</code></pre><img src=//evil.example>",
    "| a | <img src=//evil.example> |\n| --- | --- |\n| ![x](//evil.example) | <svg onload=alert(1)> |",
    "1. <img src=//evil.example>\n   - ![x](//evil.example)\n> <img src=//evil.example>\n# <img src=//evil.example>",
    '1"><img src=//evil.example>. x\n-" onclick="alert(1) x',
    "$$\\href{javascript:alert(1)}{x}$$ :material/home: &lt;img src=//evil.example&gt; \\<img src=//evil.example\\>",
    "\x00<\x00img src=//evil.example>\u2028<img src=//evil.example>\r<img src=//evil.example>",
    "**" * 20_000,
    "`" * 20_001,
    "x" * 200_000,
    "|" * 5_000 + "\n" + "|-" * 5_000,
    "*a " * 20_000,
    "> " * 5_000,
]


class Seen(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration")


def seen(text: str) -> Seen:
    parsed = Seen()
    parsed.feed(answer_html(text))
    parsed.close()
    return parsed


def is_harmless(parsed: Seen) -> bool:
    return set(parsed.tags) <= TAGS and all(name == "class" and value in CLASSES for name, value in parsed.attributes)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_answer_has_no_tag_or_attribute_of_its_own(text):
    assert is_harmless(seen(text))


def test_pieces_of_hostile_answers_in_any_order_stay_harmless():
    draw = random.Random(7)
    pieces = [text[start : start + 12] for text in HOSTILE[:17] for start in range(0, len(text), 6)]
    for _ in range(2_000):
        text = "".join(draw.choice([*pieces, "\n", "\n\n", "|", "```", "- "]) for _ in range(12))
        assert is_harmless(seen(text)), repr(text)


@pytest.mark.parametrize("text", HOSTILE[:4])
def test_links_and_images_stay_readable_as_text(text):
    assert "evil.example" in seen(text).text


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("A **steel** rope, *very* strong.", "<p>A <strong>steel</strong> rope, <em>very</em> strong.</p>"),
        ("2 * 3 * 4 and a_b_c", "<p>2 * 3 * 4 and a_b_c</p>"),
        ("Use `a < b`.", "<p>Use <code>a &lt; b</code>.</p>"),
        ("```python\nif a < b:\n    **c**\n```\nDone", "<pre><code>if a &lt; b:\n    **c**</code></pre><p>Done</p>"),
        ("```\nstill written", "<pre><code>still written</code></pre>"),
        ("## Safety\nWear gloves.\nAlways.", "<h4>Safety</h4><p>Wear gloves.<br>Always.</p>"),
        ("> Warning", "<blockquote>Warning</blockquote>"),
        ("---", "<hr>"),
        ("5 < 6 & 7", "<p>5 &lt; 6 &amp; 7</p>"),
    ],
)
def test_markdown_of_answers_is_read(text, made):
    assert answer_html(text) == f'<div class="garrison-answer">{made}</div>'


def test_lists_keep_their_numbers_and_levels():
    made = answer_html("1. Stop\n   - the engine\n2) Wait")
    assert made.count('class="item level-0"') == 2 and made.count('class="item level-1"') == 1
    assert ">1.<" in made and ">•<" in made and ">2)<" in made


def test_a_table_has_its_cells():
    parsed = seen("| Part | Torque |\n|:---|---:|\n| **M8** bolt | 25 Nm |\n\nAfter")
    assert parsed.tags.count("th") == 2 and parsed.tags.count("td") == 2 and "strong" in parsed.tags
    assert seen("a | b\nno table").tags == ["div", "p", "br"]
