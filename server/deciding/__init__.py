"""Decisions of staff: named in words, written as signed events, listed, undone, and tried before they are written."""
