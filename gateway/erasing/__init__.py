"""A person erased: found in rows and files, taken out, remembered by a tombstone, and looked for again."""
