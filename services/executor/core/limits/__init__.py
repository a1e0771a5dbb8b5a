"""What a run may use, and what happens when something fails."""
