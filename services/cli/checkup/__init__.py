"""What ``acm2 doctor`` looks at: each file one thing, each thing a list of findings."""
