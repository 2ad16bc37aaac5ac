"""What a night survives: kills, files that may not grow, other clocks."""
