"""Applying a page to a table: scores, shares, limits, whole units."""
