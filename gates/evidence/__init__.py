"""What was seen: pure parsers of what producers wrote. Text in, evidence out."""
