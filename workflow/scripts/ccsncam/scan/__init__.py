"""A long stretch of strain, searched for candidates window by window."""
