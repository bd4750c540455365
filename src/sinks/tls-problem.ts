/** Why there is no TLS connection: `tls_untrusted` we do not trust the receiver, `tls_refused` it does not take us. */
export interface TlsProblem {
  readonly code: 'tls_untrusted' | 'tls_refused'
  /** One sentence without secrets. */
  readonly detail: string
}

/** What the code of an error says about TLS; undefined when it says nothing. */
export function tlsProblemOf(code: string): TlsProblem | undefined {
  // Node names an alert EPROTO when it comes while something waits to be written.
  if (isAlert(code) || code === 'EPROTO') {
    const detail = `the receiver refused the TLS connection (${code}): is a client certificate missing or out of date, or does it speak another version?`
    return { code: 'tls_refused', detail }
  }
  if (!certificateErrors.test(code)) return undefined
  return { code: 'tls_untrusted', detail: `the receiver's certificate or TLS version is refused (${code})` }
}

/** Whether the receiver has said that it refuses something. */
export const isAlert = (code: string): boolean => /^ERR_SSL_.*ALERT/.test(code)

/** OpenSSL's verification results, Node's own, and failures of the handshake. */
const certificateErrors =
  /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|CRL_|INVALID_(CA|PURPOSE)|PATH_LENGTH)/
