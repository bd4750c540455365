import { isIPv4, isIPv6 } from 'node:net'

/**
 * The text that PostgreSQL's `inet` prints for the address of one host, so that the hash computed here is the one
 * computed there.
 *
 * An IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), which is what a dual-stack socket reports, becomes the IPv4
 * address that it stands for; a zone (`%eth0`) is dropped, because `inet` has none.
 *
 * @returns null when the text is no address
 * @example
 * formatAddress('::FFFF:203.0.113.7') // '203.0.113.7'
 */
export function formatAddress(text: string): string | null {
  if (isIPv4(text)) return text
  if (!isIPv6(text)) return null
  const [address = ''] = text.split('%')
  // The URL standard's serializer compresses as RFC 5952 does, and so does PostgreSQL.
  const compressed = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(compressed)
  if (mapped) return dotted(mapped)
  // PostgreSQL alone still writes the deprecated IPv4-compatible form (RFC 4291 section 2.5.5.1) with dots.
  const compatible = /^::([0-9a-f]+):([0-9a-f]+)$/.exec(compressed)
  return compatible ? `::${dotted(compatible)}` : compressed
}

function dotted(groups: RegExpExecArray): string {
  const [high, low] = [Number.parseInt(groups[1] ?? '', 16), Number.parseInt(groups[2] ?? '', 16)]
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

/** The same for an address that may be missing, for a parameter of a statement: what is no address is none. */
export function addressOf(text: string | undefined): string | null {
  return text === undefined ? null : formatAddress(text)
}
