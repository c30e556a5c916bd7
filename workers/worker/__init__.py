"""What runs inside one worker process: the loop, the leases, the accounts."""
