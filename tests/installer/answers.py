"""What the fake Python of these tests answers: lines of a shell `case`."""

WORKS = """*trials*) echo '{"name": "llama.cpp", "is_ok": true, "words": "wrote 16 tokens"}';;"""
