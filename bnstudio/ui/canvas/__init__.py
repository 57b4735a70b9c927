"""The canvas: nodes and wires on screen, and everything that a hand does with them."""
