"""All TLS scenarios: importing their modules registers them."""
import tls_bytes  # noqa: F401
import tls_changed  # noqa: F401
import tls_mail  # noqa: F401
import tls_ok  # noqa: F401
import tls_other  # noqa: F401
import tls_quic  # noqa: F401
import tls_rows  # noqa: F401
import tls_version  # noqa: F401
