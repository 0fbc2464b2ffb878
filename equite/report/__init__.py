"""What goes out: words, tables, sheets, views."""
