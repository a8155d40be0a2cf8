"""The questions of a file that a run is asked: each once, with what was said before."""

import json

from core.services.training.question_set import question_rows


def test_a_conversation_in_a_file_is_asked_turn_by_turn(workspace, learned, tmp_path):
    turns = [("system", "Be brief."), ("user", "A?"), ("assistant", "1."), ("user", "B?"), ("assistant", "2.")]
    rows = [{"messages": [{"role": role, "content": text} for role, text in turns]}, {"input": "C?", "output": "3."}]
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, [*rows, rows[1]])), encoding="utf-8")
    assert question_rows(workspace, learned.run, str(path)) == [
        {"input": "A?", "output": "1.", "system": "Be brief."},
        {"input": "B?", "output": "2.", "system": "Be brief.", "history": [{"input": "A?", "output": "1."}]},
        {"input": "C?", "output": "3."},
    ]


def test_a_table_of_questions_is_asked_too(workspace, learned, tmp_path):
    path = tmp_path / "stored"
    path.write_text("question,answer\nA?,1.\n", encoding="utf-8")
    assert question_rows(workspace, learned.run, str(path), name="mine.csv") == [{"input": "A?", "output": "1."}]
