"""Guards: rules that every test keeps without naming them. Each module says which and why; conftest switches them on."""
