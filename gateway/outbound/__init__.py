"""What goes out: mail handed to the relay, until it is taken or given up."""

import gateway.lean  # noqa: F401
