"""What a form asks: definition, conditions, fields, values, bindings, catalogue."""
