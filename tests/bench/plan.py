"""placeholder"""


def write(path, runs): ...
