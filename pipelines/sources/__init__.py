"""Sources: the outside world as canonical events; each knows its network and nothing else."""
