"""Commands for people: one file a verb family; starts the app."""
