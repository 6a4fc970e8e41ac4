"""State systems that can be rehearsed on one machine. All people here are invented."""
