"""How bytes become values, and values and refusals become bytes."""
