"""The same arithmetic in a browser: the engine in JavaScript, and what Python writes for it."""
