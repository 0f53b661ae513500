"""Texts that are written once and filled in for each contact, of the base and of collaborators."""
