"""The rows of the security checklist that concern secrets, input and operators."""
