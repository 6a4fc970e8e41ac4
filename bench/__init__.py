"""How much does the gateway cost, beside what the same machine does for a peer in the same run?"""
