"""The command line, run within the test."""

from __future__ import annotations

from collections.abc import Callable

TIDES = """\
date: 2024-05-01
title: Tides of Ålesund

The tide rose by 12 cm at 9 am. Nobody saw it. Ada Lindqvist measured eleven waves.
"""

Run = Callable[..., tuple[int, str, str]]
"""Takes arguments; returns the exit status, standard output and standard error."""
