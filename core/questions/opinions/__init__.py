"""What a language model thinks of question pairs: can it answer them, and how good are they? On demand."""
