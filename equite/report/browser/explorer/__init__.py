"""The page that recomputes: the report, and above it every number of the formula to move.

``data`` gives what the page shows beside the engine's payload, ``section`` what stands in the file before any script
runs, ``document`` writes the file. What people see and move is in ``scripts``, put together by ``source``.
"""

from equite.report.browser.explorer.document import live_to_html

__all__ = ["live_to_html"]
