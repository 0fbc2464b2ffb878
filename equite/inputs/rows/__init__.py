"""Rows of a table that are no territory: what a page leaves out, notes, totals."""
