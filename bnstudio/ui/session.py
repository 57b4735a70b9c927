"""The engine as the window sees it: one client, drained on a timer, its events as signals."""
