"""What simulated worlds share."""
