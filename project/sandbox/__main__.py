"""`python -m project.sandbox`: runs the sandbox without the rest of the product."""

from project.sandbox.command import main

if __name__ == "__main__":
    main()
