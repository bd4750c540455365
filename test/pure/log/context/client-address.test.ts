import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientAddress } from '../../../../src/log/context/client-address.ts'
import { codeOf } from '../../../support/error-code.ts'

const proxy = '10.0.0.1'

describe('clientAddress', () => {
  it('believes no header unless proxies are configured', () => {
    expect(clientAddress()('203.0.113.7', '198.51.100.1')).toBe('203.0.113.7')
    expect(clientAddress({ trustedProxies: [] })('203.0.113.7', '198.51.100.1')).toBe('203.0.113.7')
  })

  it.each([
    ['one proxy', 1, '198.51.100.1', '198.51.100.1'],
    ['a header that the client began', 1, '1.1.1.1, 2.2.2.2, 198.51.100.1', '198.51.100.1'],
    ['two proxies', 2, '1.1.1.1, 198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['a header that is shorter than the chain', 2, '1.1.1.1', proxy],
    ['no header', 1, undefined, proxy],
    ['an empty header', 1, '', proxy],
    ['text that is no address', 1, '1.1.1.1, unknown', proxy],
    ['a script', 1, '<script>', proxy],
    ['a port', 1, '198.51.100.1:4711', '198.51.100.1'],
    ['IPv6', 1, '2001:DB8::1', '2001:db8::1'],
    ['IPv6 with a port', 1, '[2001:db8::1]:4711', '2001:db8::1'],
    ['IPv4 in brackets', 1, '[198.51.100.1]', proxy],
    ['an IPv4-mapped address', 1, '::ffff:198.51.100.1', '198.51.100.1'],
    ['a name that is too long', 1, '9'.repeat(5000), proxy],
  ])('counts proxies from the right: %s', (_, trustedProxies, header, expected) => {
    expect(clientAddress({ trustedProxies })(proxy, header)).toBe(expected)
  })

  it.each([
    ['one proxy', 1, 'for=198.51.100.1;proto=https', '198.51.100.1'],
    ['other parameters first', 1, 'by=10.0.0.1; proto=https; For="[2001:db8::1]:4711"', '2001:db8::1'],
    ['a header that the client began', 1, 'for=1.1.1.1, for=198.51.100.1', '198.51.100.1'],
    ['a quote that the client left open', 1, 'for="1.1.1.1, for=198.51.100.1', '198.51.100.1'],
    ['a quoted comma of the client', 2, 'for="a,b", for=198.51.100.1, for=10.0.0.2', '198.51.100.1'],
    ['a hidden node', 1, 'for=_secret', proxy],
    ['an element without for', 1, 'for=1.1.1.1, proto=https', proxy],
    ['two proxies, one element', 2, 'for=1.1.1.1', proxy],
  ])('reads Forwarded from the right: %s', (_, trustedProxies, header, expected) => {
    expect(clientAddress({ trustedProxies, header: 'forwarded' })(proxy, header)).toBe(expected)
  })

  it('walks as far as addresses are trusted, and never when the connection itself is not', () => {
    const find = clientAddress({ trustedProxies: ['10.0.0.0/8', '2001:db8:ffff::/48', '::1'] })
    expect(find(proxy, '1.1.1.1, 198.51.100.1, 10.9.9.9')).toBe('198.51.100.1')
    expect(find('203.0.113.7', '198.51.100.1')).toBe('203.0.113.7')
    expect(find('::1', '1.1.1.1, 198.51.100.1, 2001:db8:ffff::9')).toBe('198.51.100.1')
    expect(find('::ffff:10.0.0.1', '198.51.100.1')).toBe('198.51.100.1')
    expect(find(proxy, 'unknown, 10.0.0.2')).toBe(proxy)
    expect(find(proxy, '10.0.0.3, 10.0.0.2')).toBe('10.0.0.3')
    expect(find(undefined, '198.51.100.1')).toBeNull()
  })

  it('never takes an address that only the client has written', () => {
    const address = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((bytes) => `99.${bytes.join('.')}`)
    const noise = fc.oneof(
      fc.string(),
      address,
      address.map((text) => `for=${text}`),
      fc.constantFrom('"', ',', 'for="', ';'),
    )
    fc.assert(
      fc.property(
        fc.array(noise),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        (forged, trustedProxies, forwarded) => {
          // What the proxies add: the client's address first, then each other's.
          const added = ['198.51.100.1', '10.0.0.3', '10.0.0.2'].slice(0, trustedProxies)
          const elements = forwarded ? added.map((text) => `for=${text}`) : added
          const header = [...forged, ...elements].join(',')
          const find = clientAddress({ trustedProxies, header: forwarded ? 'forwarded' : 'x-forwarded-for' })
          expect(find(proxy, header)).toBe('198.51.100.1')
        },
      ),
    )
  })

  it('refuses options that cannot be meant', () => {
    for (const options of [
      { trustedProxies: -1 },
      { trustedProxies: 1.5 },
      { trustedProxies: 33 },
      { trustedProxies: true },
      { trustedProxies: ['10.0.0.0/33'] },
      { trustedProxies: ['loopback'] },
      { trustedProxies: ['10.0.0.0/8/8'] },
      { header: 'x-real-ip' },
    ]) {
      expect(codeOf(() => clientAddress(options as never))).toBe('option_invalid')
    }
  })
})
