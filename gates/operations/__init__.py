"""The guide's operations: each is done once, with a receipt, through ports alone."""
