"""Several documents that answer one question: which are asked, and where they differ."""
