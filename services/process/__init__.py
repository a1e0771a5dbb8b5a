"""What both services share as processes: how they start, listen, guard their door, say what is wrong, and stop."""
