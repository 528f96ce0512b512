"""The YAML documents of a platform, read strictly (each error has its file:line:column), and the codec."""
