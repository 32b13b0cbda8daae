"""What changes an inlämning. Each verb is keyword-only, takes `by` and `at`, and leaves its trace in the same transaction."""
