"""The parts of verification: a second reading, and the objections to it."""
