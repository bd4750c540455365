import { BlockList, isIP, isIPv6 } from 'node:net'
import { formatAddress } from '../../database/address.ts'
import { optionInvalid } from '../../option.ts'

/** Which proxies are believed about the address of the client. */
export interface ProxyOptions {
  /**
   * How many proxies stand in front of this server, each of which adds the address that it was called from; or the
   * addresses and networks (CIDR) that they have, which also holds when somebody calls this server past them. Default is
   * 0: no header is believed.
   */
  readonly trustedProxies?: number | readonly string[] | undefined
  /**
   * The header that they write: `x-forwarded-for` or `forwarded` (RFC 7239). The other one is not looked at, because
   * proxies pass on what they do not write themselves. Default is `x-forwarded-for`.
   */
  readonly header?: 'x-forwarded-for' | 'forwarded' | undefined
}

/** Finds the address of the client of a request. */
export type ClientAddress = (peer: string | undefined, header: string | undefined) => string | null

/**
 * Prepares the search for the client's address.
 *
 * Each proxy adds the address of its own caller at the right end of the header, so the list is read from the right, as far
 * as the proxies that are trusted go; everything further left may be made up by the client. When the header says less than
 * it should, or something that is no address, the address of the connection is taken: that one cannot be forged.
 *
 * @throws AuditLogError `option_invalid`
 */
export function clientAddress(options: ProxyOptions = {}): ClientAddress {
  const { trustedProxies = 0, header = 'x-forwarded-for' } = options
  if (!['x-forwarded-for', 'forwarded'].includes(header))
    throw optionInvalid('x-forwarded-for or forwarded', '$.header')
  const hopsOf = header === 'forwarded' ? forwardedHops : forwardedForHops
  if (typeof trustedProxies === 'number') {
    if (!Number.isInteger(trustedProxies) || trustedProxies < 0 || trustedProxies > maximumProxies) {
      throw optionInvalid(`a whole number from 0 to ${maximumProxies}, or a list of addresses`, '$.trustedProxies')
    }
    return (peer, value) => {
      const own = addressOf(peer)
      if (trustedProxies === 0 || value === undefined) return own
      const hops = hopsOf(value, trustedProxies)
      return hops.length === trustedProxies ? (addressOf(hops.at(-1)) ?? own) : own
    }
  }
  const isTrusted = trustedAddresses(trustedProxies)
  return (peer, value) => {
    const own = addressOf(peer)
    if (own === null || value === undefined || !isTrusted(own)) return own
    let client = own
    for (const hop of hopsOf(value, maximumProxies)) {
      const address = addressOf(hop)
      if (address === null) return own
      client = address
      if (!isTrusted(address)) break
    }
    return client
  }
}

const maximumProxies = 32

/** The last hops of X-Forwarded-For, the nearest first. */
function forwardedForHops(value: string, count: number): string[] {
  const hops: string[] = []
  let end = value.length
  while (hops.length < count && end >= 0) {
    const start = end === 0 ? -1 : value.lastIndexOf(',', end - 1)
    hops.push(value.slice(start + 1, end).trim())
    end = start
  }
  return hops
}

/**
 * The `for` of the last elements of Forwarded (RFC 7239 section 4), the nearest first. Read from the right, because a quote
 * that the client left open would swallow what the proxies have added.
 */
function forwardedHops(value: string, count: number): string[] {
  const hops: string[] = []
  let end = value.length
  let quoted = false
  for (let at = value.length - 1; at >= -1 && hops.length < count; at -= 1) {
    if (at >= 0 && value[at] === '"') quoted = !quoted
    if (at >= 0 && (value[at] !== ',' || quoted)) continue
    const found = /(?:^|;)\s*for\s*=\s*(?:"([^"]*)"|([^";,\s]+))\s*(?:;|$)/i.exec(value.slice(at + 1, end))
    hops.push(found?.[1] ?? found?.[2] ?? '')
    end = at
  }
  return hops
}

/** The address in a node of a header, which may have a port, and brackets when it is IPv6. */
function addressOf(node: string | undefined): string | null {
  if (node === undefined || node.length > 100) return null
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(node)
  if (bracketed !== null) return isIPv6(bracketed[1] ?? '') ? formatAddress(bracketed[1] ?? '') : null
  const address = formatAddress(node)
  return address ?? formatAddress(/^([\d.]+):\d{1,5}$/.exec(node)?.[1] ?? '')
}

function trustedAddresses(networks: readonly string[]): (address: string) => boolean {
  if (!Array.isArray(networks)) throw optionInvalid('a whole number, or a list of addresses', '$.trustedProxies')
  const list = new BlockList()
  for (const [index, network] of networks.entries()) {
    const path = `$.trustedProxies[${index}]`
    const [address = '', bits, ...more] = typeof network === 'string' ? network.split('/') : []
    const family = isIP(address)
    const most = family === 4 ? 32 : 128
    const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1
    if (family === 0 || more.length > 0 || length < 0 || length > most) {
      throw optionInvalid('an address or a network such as 10.0.0.0/8', path)
    }
    list.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6')
  }
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
