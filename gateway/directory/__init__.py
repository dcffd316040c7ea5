"""The directory read from CSV files: every mistake found, all of it written or nothing."""

from gateway.directory.load import DirectoryRefused, Imported, import_directory
from gateway.directory.read import Reading, read_directory
from gateway.directory.rows import Problem

__all__ = ["DirectoryRefused", "Imported", "Problem", "Reading", "import_directory", "read_directory"]
