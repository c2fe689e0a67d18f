"""The configuration: its schema, its checks, and typed blocks for the library."""
