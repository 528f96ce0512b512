"""Nine services on a local Cloud Run. The gate reaches them over the network alone."""
