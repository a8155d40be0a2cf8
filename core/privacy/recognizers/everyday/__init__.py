"""Identifiers of civil life: numbers of persons, contacts, addresses, dates, references, machines."""
