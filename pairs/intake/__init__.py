"""How what happened on the platforms gets into the journal, once each and in order."""
