"""Workbooks that come back: what was typed into them is read, checked, and compared with what was written."""
