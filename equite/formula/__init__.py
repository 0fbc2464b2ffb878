"""The page: its language, its shape, its names."""
