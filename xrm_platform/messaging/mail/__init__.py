"""The rules of mail: addresses, signature, what a complete mail is made of."""
