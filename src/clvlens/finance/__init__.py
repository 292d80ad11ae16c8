"""Money arithmetic: plain formulas that every other part may import."""
