"""The index on disk: whole generations of files, and what each of them holds."""
