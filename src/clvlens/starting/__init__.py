"""From a user's tables to a configuration that runs: what they hold, and what is proposed."""
