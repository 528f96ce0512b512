"""Google's identities as the sandbox knows them: service accounts, their tokens, and who may invoke what."""
