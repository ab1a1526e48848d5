"""Letters by electronic mail: text and HTML in the customer's language, through one SMTP server.

Needs the extra ``smtp``.
"""

try:
    import babel as _babel  # noqa: F401
    import jinja2 as _jinja2  # noqa: F401
except ModuleNotFoundError as error:
    if error.name not in ("babel", "jinja2"):
        raise
    raise ModuleNotFoundError(
        "letters by mail need the extra 'smtp': pip install 'ordercore-adapters[smtp]'",
        name=error.name,
    ) from error

from ordercore_adapters.smtp.composing import Stationery
from ordercore_adapters.smtp.letters import SmtpLetters
from ordercore_adapters.smtp.server import MailServer, Security

__all__ = ["MailServer", "Security", "SmtpLetters", "Stationery"]
