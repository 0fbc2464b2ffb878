"""Workbooks as they lie on the disk: parts, cells and names, in bytes."""
