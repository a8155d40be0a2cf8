"""How a model in use fares, in counts alone: what people thought of answers, how far questions and documents have moved."""
