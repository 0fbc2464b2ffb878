"""Words: what figures, pages and formulas are called and how they are said, in French and in English."""
