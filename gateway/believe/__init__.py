"""Who sent a mail: what DNS, signatures and the server in front of this one tell; `rules.trust` decides."""
