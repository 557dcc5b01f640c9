"""From a question to checked claims, or to none and what comes closest."""
