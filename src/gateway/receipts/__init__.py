"""What was filled, signed; sealed by prefill, opened by submission."""
