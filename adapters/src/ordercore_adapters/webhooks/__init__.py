"""Standard Webhooks: notices of a payment provider, taken in only when its signature is right.

`WebhookVerifier` turns headers and raw bytes into a `PaymentNotice`, or says why not; a notice is a
reason to look the payment up and never the truth itself. `WebhookSigner` is the other side, for
providers of a host's own and for tests. Needs the extra ``webhooks``.
"""

try:
    import standardwebhooks as _standardwebhooks  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "standardwebhooks":
        raise
    raise ModuleNotFoundError(
        "webhooks need the extra 'webhooks': pip install 'ordercore-adapters[webhooks]'",
        name="standardwebhooks",
    ) from error

from ordercore_adapters.webhooks.signatures import WebhookSigner
from ordercore_adapters.webhooks.verifying import WebhookVerifier

__all__ = ["WebhookSigner", "WebhookVerifier"]
