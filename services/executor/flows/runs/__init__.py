"""All runs of this process: made, steered, taken up again."""
