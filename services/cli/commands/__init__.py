"""One file a command: its options and its steps. ``services.cli.command_table`` lists them all."""
