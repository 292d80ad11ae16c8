"""The world as it was known: raw tables to one row per customer and cutoff."""
