"""Pages of the sign-up, the sign-in and the account."""
