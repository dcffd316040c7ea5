"""From received mail to a touchpoint, in processes of their own."""

import gateway.lean  # noqa: F401
