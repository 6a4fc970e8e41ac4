"""The national population database (CSDLQG về dân cư): services 037 and 033, by any of three routes."""
