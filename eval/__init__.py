"""An instrument that measures answers: cases with gold quotes, pure metrics, systems side by side.

Values flow one way: `cases` (from files, or from `squad` and `nq` by way of `passages`),
`systems` that answer them (`llamaindex` is a peer), `run` that asks and judges (`grading`
by `reading` and `values`; `metrics`), `records` on disk, `summary` with `statistics`, and
what shows them: `terminal`, `page` with `plots` and `browser`, `compare`, `gate`; `merge` puts
runs side by side. `attacks` tells whether a hostile document was obeyed. `draft` proposes cases,
`bench` measures speed. `__main__` has a thin command for each; a new instrument (say, one
that calibrates) is a module of its own and one more command there, and by that also in
``qa eval``.
"""
