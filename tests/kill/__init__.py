"""Worker processes are killed at every boundary; what is left must add up."""
