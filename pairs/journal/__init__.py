"""The journal on the hot path: raw SQL over one asyncpg connection (measured: a tenth of the ORM's CPU)."""
