"""What the words of a text say: values, dates, units, names, and where they stand."""
