"""Runs: in memory while they go on, and kept on disk. No Qt: the command line may keep its own."""
