"""A pair changes its session: `wanted_session` says where to, and the owner gives it away (ADR 0010)."""
