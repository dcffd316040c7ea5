"""What is kept: tables, migrations, one repository per noun, blobs.

Repository functions are plain functions over a SQLAlchemy `Connection`; whoever calls them owns the
transaction.
"""
