"""A library's folder: what of it counts, and what comes and goes."""
