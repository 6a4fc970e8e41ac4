"""Request models that several routes share, and how they become values of the domain."""
