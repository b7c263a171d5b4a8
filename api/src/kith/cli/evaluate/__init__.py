"""``kith evaluate``: the production models on files with known truth."""


class UnreadableFile(ValueError):
    """The file is not what the command reads; the message says where and why."""
