"""Workbooks of values: the sheets of an allocation, the empty table to fill in, a funder's own workbook filled."""
