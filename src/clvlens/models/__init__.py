"""Models of value, orders and churn, their calibration and their safe storage."""
