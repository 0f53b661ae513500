"""Law and manners: what may be sent to whom and when, what it costs, how long it is kept. Each rule is a setting of the
base with a safe default; what depends on the law of France says from which text it comes."""
