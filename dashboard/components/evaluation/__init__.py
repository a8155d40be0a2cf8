"""What the Evaluate page shows of an evaluation."""
