"""The contract in code: what both services, fpf and the page must agree on. Pure, and below everything else."""
