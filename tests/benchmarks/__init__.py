"""What `make bench` measures: one file a question, each run in a process of its own.

Nothing here is a test: a slow machine must not fail one. Times that must hold are shown beside
their targets, and those that depend on the machine are ratios to something measured on it in the
same run.
"""
