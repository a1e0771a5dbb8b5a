"""What earlier lives of a run mean for the next one."""
