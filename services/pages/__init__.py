"""The pages of both services and the element they share, and how a service hands them out."""
