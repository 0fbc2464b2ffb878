"""What a browser or a notebook shows: views of what equite holds, and the report as one page."""
