"""What people and schedules do with workers."""
