"""Projects on top of the base: who is funded inside each territory's envelope, by which method, and why."""

from equite.analysis.projects.result import Projects, projects

__all__ = ["Projects", "projects"]
