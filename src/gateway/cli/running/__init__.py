"""How the gateway and the stand-ins of the State's systems come up, and go down."""
