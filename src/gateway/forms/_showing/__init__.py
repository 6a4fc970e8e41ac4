"""When a component shows: simple conditions, lists of conditions, JSONLogic, as Form.io's core decides."""
