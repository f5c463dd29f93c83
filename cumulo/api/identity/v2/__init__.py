"""What is left of version 2.0: tokens and tenants in its form, for clients that know no other."""
