"""A whole installation under the eyes of a measuring or disturbing program: many sessions, several nodes."""
