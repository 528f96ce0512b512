"""The pytest producers: their environment, their process, the plugin that records evidence, their targets."""
