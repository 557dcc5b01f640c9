"""Answers that code works out from quoted values, not a model."""
