"""Military documents: units, ships, sites, vehicles, radio, times, grid references and stock numbers."""
