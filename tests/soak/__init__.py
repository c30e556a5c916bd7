"""A long run under steady load: does anything grow?"""
