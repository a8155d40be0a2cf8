"""A language model as a service for other programs, in the form of OpenAI's interface: answers over HTTP, no database."""
