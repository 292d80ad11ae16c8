"""Customer lifetime value and churn, explained in money."""
