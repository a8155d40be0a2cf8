"""An answer from the documents: its sentences with the numbers of their sources, and the sources with the words marked."""

import html
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.retrieval import Citation, CitedSentence, Source
from core.services.retrieval.answering import DocumentAnswer
from dashboard.components.words import unformatted

CLOSEST = 3  # sources shown where the documents do not tell
STYLE = """<style>
.garrison-cited { overflow-wrap: anywhere; line-height: 1.55; white-space: pre-wrap; }
.garrison-cited u { text-decoration: underline wavy; text-decoration-color: #b3541e; text-underline-offset: 0.2em; }
.garrison-cited mark { background: #ffe58a; color: #1c1c1c; padding: 0 0.1em; }
.garrison-cited sup { font-weight: 600; margin-left: 0.1em; }
</style>"""


def show_cited(answer: str, told: dict[str, Any], *, key: str) -> None:
    """Show an answer and below it what it rests on; `told` is a `DocumentAnswer` as JSON, `key` begins the widgets' keys."""
    found = DocumentAnswer.from_json(told)
    cited = _numbers(found)
    sentences = () if found.is_refused else found.sentences
    st.html(f'{STYLE}<div class="garrison-cited">{cited_html(answer, sentences, cited)}</div>')
    if found.is_refused:
        st.caption(":material/search_off: What comes closest:")
        _show_sources([(number, source, ()) for number, source in enumerate(found.sources[:CLOSEST], start=1)], key=key)
        return
    if any(not sentence.is_supported for sentence in found.sentences):
        st.caption(":material/warning: Nothing in the documents supports what is underlined. It may be wrong.")
    citations = [each for sentence in found.sentences for each in sentence.citations]
    _show_sources(
        [
            (number, found.sources[place], [each for each in citations if each.source == place])
            for place, number in cited.items()
        ],
        key=key,
    )


def _numbers(found: DocumentAnswer) -> dict[int, int]:
    """Return a number from 1 for each source that is cited, in the order of the answer."""
    order = dict.fromkeys(each.source for sentence in found.sentences for each in sentence.citations)
    return {source: number for number, source in enumerate(order, start=1)}


def cited_html(answer: str, sentences: Sequence[CitedSentence], numbers: dict[int, int]) -> str:
    """Return an answer as HTML with the numbers of sources behind its sentences; what nothing supports is underlined."""
    made, last = [], 0
    for sentence in sentences:
        start = answer.find(sentence.text, last)
        if start < 0:
            continue
        made.append(html.escape(answer[last:start]))
        last = start + len(sentence.text)
        text = html.escape(sentence.text)
        marks = sorted({numbers[each.source] for each in sentence.citations})
        made.append(f"{text}<sup>{', '.join(map(str, marks))}</sup>" if marks else f"<u>{text}</u>")
    return "".join([*made, html.escape(answer[last:])]).strip()


def _show_sources(found: Sequence[tuple[int, Source, Sequence[Citation]]], *, key: str) -> None:
    """Draw a button for each source with its number, which opens its text with the cited words marked."""
    with st.container(horizontal=True, gap="small", key=f"sources-{key}"):
        for number, source, citations in found:
            where = f"{source.document}, {source.page}" if source.page else source.document
            with st.popover(f"{number} · {unformatted(where)}", icon=":material/description:", key=f"source-{key}-{number}"):
                if source.heading:
                    st.caption(unformatted(source.heading))
                st.html(f'{STYLE}<div class="garrison-cited">{source_html(source, citations)}</div>')


def source_html(source: Source, citations: Sequence[Citation]) -> str:
    """Return the text of a source as HTML with the cited words marked."""
    made, last = [], 0
    for each in sorted(citations, key=lambda citation: citation.start):
        if each.start >= last:
            made += [
                html.escape(source.text[last : each.start]),
                f"<mark>{html.escape(source.text[each.start : each.end])}</mark>",
            ]
            last = each.end
    return "".join([*made, html.escape(source.text[last:])])
