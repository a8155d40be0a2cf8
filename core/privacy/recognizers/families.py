"""All families of rules, in the order in which they run."""

from core.privacy.recognizers.everyday import addresses, contact, dates, identity, institutions, network, places, references
from core.privacy.recognizers.military import grids, operations, radio, ships, sites, stock, timings, units, vehicles
from core.privacy.recognizers.people import courts, letters, names, neighbors, prison_terms
from core.privacy.recognizers.rule import Rule

FAMILIES: dict[str, tuple[Rule, ...]] = {
    "names": names.RULES,
    "letters": letters.RULES,
    "neighbors": neighbors.RULES,
    "identity": identity.RULES,
    "references": references.RULES,
    "stock": stock.RULES,
    "vehicles": vehicles.RULES,
    "grids": grids.RULES,
    "radio": radio.RULES,
    "units": units.RULES,
    "ships": ships.RULES,
    "operations": operations.RULES,
    "sites": sites.RULES,
    "timings": timings.RULES,
    "contact": contact.RULES,
    "network": network.RULES,
    "courts": courts.RULES,
    "houses": institutions.RULES,
    "sentences": prison_terms.RULES,
    "dates": dates.RULES,
    "addresses": addresses.RULES,
    "places": places.RULES,
}
RULES: tuple[Rule, ...] = tuple(rule for family in FAMILIES.values() for rule in family)
