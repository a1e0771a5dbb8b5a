"""What came out of a run: scores, winners, costs, what is missing, and how it is taken away."""
