"""What a failed TLS handshake means, and what to do about it; pure."""

import ssl

from idle_jobs.doctor.finding import Finding, fail

# X509_V_ERR_* of OpenSSL, by what a person does about them.
_NOT_VALID_NOW = (9, 10)
_NO_ISSUER = (2, 18, 19, 20, 21)
_WRONG_NAME = (62, 64)
# The names that versions of OpenSSL give to an answer that is not TLS.
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")
_UNKNOWN_ISSUER = (
    "pass its CA: --ca-file (or CA_BUNDLE) here, CaBundle of the stack; or here, with "
    "--fingerprint, the fingerprint of the CA that Elasticsearch prints at its first "
    "start"
)
HERE = ("127.0.0.1", "localhost")


def failed_handshake(error: OSError, where: str, host: str, ca_bundle: str) -> Finding:
    """Return why the handshake with `where` (host and port) failed."""
    match error:
        case ssl.SSLCertVerificationError():
            return _untrusted(error, where, host, ca_bundle)
        case ConnectionResetError() | ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            then = "check the port, and whether a filter lets this machine through"
            return fail("tls", f"{where} hangs up before anything is asked", then)
        case ssl.SSLError() if error.reason in _NO_TLS:
            then = (
                "use the port that speaks https: plain http is for this machine alone"
            )
            if host in HERE:
                then = f"begin the URL with http: http://{where}"
            return fail("tls", f"{where} speaks plain http, not https", then)
        case TimeoutError():
            then = "check the port, and what stands in between"
            return fail("tls", f"{where} does not answer the handshake", then)
    why = getattr(error, "reason", None) or error
    then = "compare the TLS versions and ciphers that both sides allow"
    return fail("tls", f"TLS with {where} failed: {why}", then)


def _untrusted(
    error: ssl.SSLCertVerificationError, where: str, host: str, ca_bundle: str
) -> Finding:
    whose = f"the certificate of {where}"
    if error.verify_code in _NO_ISSUER and ca_bundle:
        then = "compare the file, or the fingerprint, with the CA of this cluster"
        return fail("tls", f"{whose} is not signed by the CA that you gave", then)
    if error.verify_code in _NO_ISSUER:
        return fail("tls", f"the issuer of {whose} is unknown", _UNKNOWN_ISSUER)
    if error.verify_code in _NOT_VALID_NOW:
        then = "renew the certificate, or set this machine's clock"
        return fail("tls", f"{whose} is not valid today", then)
    if error.verify_code in _WRONG_NAME:
        then = "use a name that the certificate has"
        return fail("tls", f"{whose} is not for {host}", then)
    then = "have the certificate issued anew"
    return fail("tls", f"{whose}: {error.verify_message}", then)
