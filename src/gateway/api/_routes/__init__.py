"""Route modules: each holds its endpoints and the models that only they use."""
