"""A data-interoperability gateway between a province's procedure system and the national sources."""
