"""What is demanded: laws of the catalogue, applicability, explanation. Values in, values out."""
