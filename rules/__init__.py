"""What is decided: pure functions over frozen dataclasses.

No I/O, no clocks, no randomness, no asyncio, no SQL. Everything a rule needs is handed to it.
"""
