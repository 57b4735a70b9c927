"""The messages between the program and its engine, and the client that carries them."""
