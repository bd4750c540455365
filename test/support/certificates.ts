import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

/** A key and its certificate, as PEM. */
export interface Identity {
  readonly key: string
  readonly cert: string
}

/** What a certificate says. */
export interface CertificateOptions {
  readonly commonName: string
  /** Names and addresses that it is for. Default is 127.0.0.1 and localhost. */
  readonly names?: readonly string[]
  /** From and until, in days from now. Default is -1 and 30. */
  readonly days?: readonly [number, number]
}

/** A certificate authority that exists for one test. */
export interface TestAuthority {
  /** Its own certificate, as PEM. */
  readonly cert: string
  issue(options: CertificateOptions): Identity
}

interface Holder {
  readonly name: Buffer
  readonly privateKey: KeyObject
}

/** Makes a certificate authority (RFC 5280) with keys that nobody keeps. */
export function testAuthority(commonName = 'test authority'): TestAuthority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const holder: Holder = { name: distinguishedName(commonName), privateKey }
  const basicConstraints = extension('551d13', sequence(boolean(true)), true)
  return {
    cert: certificate(holder, holder.name, publicKey, [-1, 365], [basicConstraints]),
    issue: (options) => issue(holder, options),
  }
}

/** A certificate that nobody vouches for. */
export function selfSigned(options: CertificateOptions): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const holder = { name: distinguishedName(options.commonName), privateKey }
  return identity(
    privateKey,
    certificate(holder, holder.name, publicKey, options.days ?? [-1, 30], [alternativeNames(options)]),
  )
}

function issue(authority: Holder, options: CertificateOptions): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = distinguishedName(options.commonName)
  return identity(
    privateKey,
    certificate(authority, subject, publicKey, options.days ?? [-1, 30], [alternativeNames(options)]),
  )
}

const identity = (key: KeyObject, cert: string): Identity => ({
  key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
  cert,
})

function certificate(
  issuer: Holder,
  subject: Buffer,
  publicKey: KeyObject,
  [from, until]: readonly [number, number],
  extensions: readonly Buffer[],
): string {
  // ecdsa-with-SHA256
  const algorithm = sequence(oid('2a8648ce3d040302'))
  const content = sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    issuer.name,
    sequence(time(from), time(until)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions)),
  )
  const signature = sign('sha256', content, issuer.privateKey)
  const der = sequence(content, algorithm, tagged(0x03, Buffer.of(0), signature))
  const lines = der.toString('base64').match(/.{1,64}/g)!
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function alternativeNames({ names = ['127.0.0.1', 'localhost'] }: CertificateOptions): Buffer {
  const general = names.map((name) =>
    isIP(name) === 4 ? tagged(0x87, Buffer.from(name.split('.').map(Number))) : tagged(0x82, Buffer.from(name)),
  )
  return extension('551d11', sequence(...general))
}

// DER (X.690)

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const size = content.length
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255]
  return Buffer.concat([Buffer.of(tag, ...length), content])
}
const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, ...parts)
const integer = (bytes: Buffer): Buffer => tagged(0x02, bytes)
const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.of(value ? 255 : 0))
const oid = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'))
const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), tagged(0x04, value))
const distinguishedName = (commonName: string): Buffer =>
  sequence(tagged(0x31, sequence(oid('550403'), tagged(0x0c, Buffer.from(commonName)))))
const time = (days: number): Buffer =>
  tagged(
    0x18,
    Buffer.from(`${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`),
  )
