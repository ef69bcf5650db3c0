"""``python -m crm_tui``: the same as the command ``crm-tui``."""

from crm_tui.cli.main import main

if __name__ == "__main__":
    main()
