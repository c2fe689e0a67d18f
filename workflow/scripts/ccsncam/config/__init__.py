"""The configuration: its schema, defaults, and typed blocks for the library."""
