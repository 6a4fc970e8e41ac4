"""How a Form.io document is read: bytes, tree, templates, paths, and what is refused."""
