"""What a night survives: kills, full disks, other clocks; run by `make crash-test`."""
