"""The citizen's own store of papers on the national portal."""
