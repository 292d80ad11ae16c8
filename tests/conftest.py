"""What holds for every test."""

from hypothesis import settings

# The same examples at every run, and no deadline: a busy machine is no failure.
settings.load_profile("ci")
