"""A cascade through its tiers: its words, its views, its files and its workbook."""
