"""What the province keeps and allows: keys, and the promises made about them."""
