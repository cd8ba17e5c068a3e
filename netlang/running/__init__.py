"""Runs networks for people: finds and reads inputs, reports classes, looks at every layer."""
