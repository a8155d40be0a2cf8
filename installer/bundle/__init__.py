"""The connected machine's side: from locks and sources to a signed bundle."""
