"""The HTTP API: routes, bodies and headers around `gateway.desk`, which does the work."""
