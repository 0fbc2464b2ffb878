"""The live workbook: the page's sums as spreadsheet formulas, the level, the bounds and the rounding included."""
