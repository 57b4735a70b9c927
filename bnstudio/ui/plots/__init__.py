"""What all plots share: a themed base, thinning and smoothing, pacing, and export."""
