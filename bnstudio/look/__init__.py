"""What the canvas and an exported picture share: colours, and where everything is; no Qt."""
