"""The pages of the sign-up, the sign-in and the account."""
