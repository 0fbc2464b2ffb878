"""A transition's words, views, files and workbook."""
