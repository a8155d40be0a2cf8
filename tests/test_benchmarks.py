"""The frame of the benchmarks, with the cheapest of them: no figure is asserted, only that there is one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent


def benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict, str]:
    """What the benchmark `start` printed, wrote as JSON, and put into a page."""
    folder = tmp_path_factory.mktemp("benchmarks")
    page = folder / "page.md"
    marks = "".join(f"<!-- figures: {name} -->\nold\n<!-- end of {name} -->\n" for name in ("machine", "start", "reading"))
    page.write_text(f"# Kept\n{marks}after\n", encoding="utf-8")
    done = benchmarks("start", "--json", str(folder / "figures.json"), "--update-docs", str(page))
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads((folder / "figures.json").read_text(encoding="utf-8")), page.read_text(encoding="utf-8")


def test_each_case_has_its_own_peak_memory_and_figure(measured):
    _, told, _ = measured
    (garrison,), (bare,) = (case["samples"] for case in told["benchmarks"]["start"])
    assert garrison["figures"]["peak_mb"] > bare["figures"]["peak_mb"] > 1
    assert garrison["figures"]["seconds"] > bare["figures"]["seconds"] > 0


def test_table_shows_both_figures_and_their_ratio(measured):
    printed, told, _ = measured
    row = next(line for line in printed.splitlines() if line.startswith("| seconds to show the help"))
    garrison, bare = (case["samples"][0]["figures"]["seconds"] for case in told["benchmarks"]["start"])
    assert row.split("|")[-2].strip() == f"{garrison / bare:.2f}"
    assert told["machine"]["processor"] in printed


def test_page_gets_the_new_table_and_keeps_everything_else(measured):
    _, told, page = measured
    assert page.startswith("# Kept\n") and page.endswith("after\n")
    assert "| seconds to show the help" in page.partition("figures: start")[2].partition("end of start")[0]
    assert told["machine"]["processor"] in page.partition("figures: machine")[2].partition("end of machine")[0]
    assert page.count("old") == 1  # reading was not measured


def test_unknown_name_is_refused_with_the_known_ones():
    done = benchmarks("speed")
    assert done.returncode == 2 and "speed" in done.stderr and "anonymizing" in done.stderr


def test_case_that_fails_is_reported_and_fails_the_run(tmp_path):
    done = benchmarks("reading", "--pdf", str(tmp_path / "missing.pdf"))
    assert done.returncode == 1 and "missing.pdf" in done.stderr


def test_docs_page_has_a_place_for_every_benchmark():
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    known = benchmarks("speed").stderr.partition("There are: ")[2].strip().rstrip(".").split(", ")
    for name in ("machine", *known):
        assert page.count(f"<!-- figures: {name} -->\n") == page.count(f"<!-- end of {name} -->") == 1


def test_figures_of_a_busy_machine_are_marked():
    program = (
        "from tests.benchmarks.frame import Benchmark, Case, Row, Sample\n"
        "from tests.benchmarks.table import render\n"
        "case = Case('Garrison', 'no:where')\n"
        "rows = (Row(title='cakes/s', figure='cakes', garrison=case),)\n"
        "for load in (2.5, 2.6):\n"
        "    sample = Sample(figures={'cakes': 1234.5, 'peak_mb': 20.0}, detail='', load=load, others_percent=0.0)\n"
        "    print(render(Benchmark(name='cakes', title='Cakes', rows=rows), {case.key: [sample]}))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    rows = [line for line in done.stdout.splitlines() if line.startswith("| cakes/s")]
    assert "1,230 " in rows[0] and "1,230*" in rows[1]


def test_marks_are_scored_by_letters_and_digits_without_function_words():
    from tests.benchmarks.detecting import Marked, score

    gold = [
        Marked(text="Ann of Oslo, 47", marks=((0, 3, "PERSON"), (4, 11, "PLACE"))),  # "of" need not be covered
        Marked(text="Bo Lee", marks=((0, 6, "PERSON"),)),
    ]
    found = score(gold, [[(0, 3), (7, 11), (13, 15)], [(0, 2)]])
    assert found.masked == (3 + 4 + 2) / (3 + 4 + 5)
    assert found.precision == (3 + 4 + 2) / (3 + 4 + 2 + 2)
    assert (found.whole, found.leaking) == (2 / 3, 1)
