"""Another world: nine services and a local Cloud Run. The gate knows it only over the network."""
