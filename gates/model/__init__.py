"""The words: frozen values that travel between the rooms.

Standard library only, no I/O, no clock. Every other room imports these and never another room.
"""
