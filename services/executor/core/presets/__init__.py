"""What a preset may say, and what is wrong with one that says something else."""
