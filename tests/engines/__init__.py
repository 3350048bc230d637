"""The same input on several database engines: the same rows in every published table."""
