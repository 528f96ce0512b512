"""Builds adapters and hands them to workflows; decides nothing."""
