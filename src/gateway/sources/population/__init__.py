"""The national population database (CSDLQG về dân cư): service 037 over SOAP."""
