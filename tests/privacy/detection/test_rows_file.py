import json
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path

import pytest

from core.errors import InputError
from core.privacy import detect_file
from core.records import Detection


class DigitDetector:
    """Finds each digit."""

    def detect(self, texts: Sequence[str]) -> list[list[Detection]]:
        return [
            [
                Detection(start=i, end=i + 1, entity="ID_NUMBER", score=0.5, detector="rules")
                for i, c in enumerate(t)
                if c.isdigit()
            ]
            for t in texts
        ]

    def detect_each(
        self, texts: Iterable[str], *, progress: Callable[[int], None] | None = None
    ) -> Generator[list[Detection]]:
        for text in texts:
            yield self.detect([text])[0]


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_each_row_gets_its_spans_under_its_id(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", '{"id": "a", "text": "x1"}', "", '{"id": 7, "text": "none"}')
    rows = detect_file(DigitDetector(), source, output_path=tmp_path / "out" / "spans.jsonl")
    lines = (tmp_path / "out" / "spans.jsonl").read_text(encoding="utf-8").splitlines()
    assert rows == 2
    assert [json.loads(line) for line in lines] == [
        {"id": "a", "spans": [{"start": 1, "end": 2, "entity": "ID_NUMBER", "score": 0.5, "detector": "rules"}]},
        {"id": 7, "spans": []},
    ]


@pytest.mark.parametrize("broken", ['{"id": 1', '{"id": 1}', '["a"]', '{"id": "1", "text": 5}', "\x00"])
def test_a_broken_line_is_named_and_leaves_no_output(tmp_path: Path, broken: str) -> None:
    source = write(tmp_path / "in.jsonl", *['{"id": "a", "text": "x"}'] * 6, broken)
    with pytest.raises(InputError, match="Line 7"):
        detect_file(DigitDetector(), source, output_path=tmp_path / "out.jsonl")
    assert [path.name for path in tmp_path.glob("*out*")] == []


def test_an_older_output_survives_a_failure(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", "nonsense")
    output = write(tmp_path / "out.jsonl", "old")
    with pytest.raises(InputError):
        detect_file(DigitDetector(), source, output_path=output)
    assert output.read_text(encoding="utf-8") == "old\n"


def test_text_in_another_encoding_is_refused_by_line(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes('{"id": "a", "text": "é"}\n'.encode("cp1252"))
    with pytest.raises(InputError, match="Line 1"):
        detect_file(DigitDetector(), tmp_path / "in.jsonl", output_path=tmp_path / "out.jsonl")


def test_no_message_holds_text_of_the_file(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", '{"id": "a", "text": "secret Whitcombe"')
    with pytest.raises(InputError) as caught:
        detect_file(DigitDetector(), source, output_path=tmp_path / "out.jsonl")
    assert "Whitcombe" not in str(caught.value)


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", *[json.dumps({"id": n, "text": "word " * 20_000}) for n in range(5)])
    seen: list[tuple[float, float]] = []
    detect_file(DigitDetector(), source, output_path=tmp_path / "out.jsonl", progress=lambda d, t: seen.append((d, t)))
    assert len(seen) > 1
    assert seen[-1] == (source.stat().st_size, source.stat().st_size)
