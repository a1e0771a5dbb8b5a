"""The two services, the command line that drives them, and what they share as processes."""
