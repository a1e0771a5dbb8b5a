"""A run's results as one HTML file that loads nothing from anywhere."""
