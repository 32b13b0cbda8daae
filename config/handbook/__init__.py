"""The handbook at /handbok/: its pages and their order, its search, and the files that it offers. Open without login."""
