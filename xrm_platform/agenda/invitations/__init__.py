"""Invitations of people outside the base, by mail (RFC 5546, RFC 6047), and what they answer."""
