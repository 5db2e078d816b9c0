import signal
import sys

from ops.cli import main
from ops.commands import Ended


def end(number: int, _frame: object) -> None:
    """As Ctrl-C does, so that what was begun is tidied up."""
    raise Ended(number)


for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    if signal.getsignal(each) != signal.SIG_IGN:  # as nohup leaves SIGHUP
        signal.signal(each, end)
sys.exit(main())
