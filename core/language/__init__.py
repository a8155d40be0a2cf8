"""What Garrison knows about language: words by what they do, sentences, and the grammar of the carried spaCy model.

Every room may use it. What is English alone, such as its abbreviations and stop words, lies in `english/`.
"""
