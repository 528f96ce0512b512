"""The asset-discovery service: which machines a tenant has, and what they expose."""
