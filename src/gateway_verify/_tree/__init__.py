"""The log as it is published: places, paths, tiles, and the walk from the entries to the root."""
