"""The machine the gate runs on: clock, processes, temporary files, settings, file locks."""
