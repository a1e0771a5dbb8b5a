"""Which call goes next: a run's slots, and the doors of the providers all runs share."""
