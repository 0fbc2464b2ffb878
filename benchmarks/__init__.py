"""Measures of time and memory, each beside a peer or bare numpy in the same run.

One thread each: threads of a linear algebra library that wait for more would count as the work of whoever comes next.
"""

import os

for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
