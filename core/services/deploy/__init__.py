"""Serve a model, a run or an export to other programs: what is served, who may ask, what was used."""
