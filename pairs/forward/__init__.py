"""The two hops: to Discord, and on to the destination chat."""
