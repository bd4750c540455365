import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { AuditLogError } from '../errors.ts'
import { optionInvalid } from '../option.ts'

/**
 * Keys of the host's for secrets in the settings, 32 random bytes each. The first one encrypts; the others decrypt what was
 * stored under them, until `ForwarderSettings.reencrypt()` has been called.
 */
export type SettingsKey = Uint8Array | readonly Uint8Array[]

interface Key {
  readonly id: string
  readonly bytes: Buffer
}

/**
 * Encrypts secrets at rest: AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D). What a secret belongs to is
 * authenticated with it, so that a ciphertext that was moved to another forwarder, field or destination does not open.
 *
 * The text form is `v1.KEYID.NONCE.CIPHERTEXT`, with the tag at the end of the ciphertext, in base64url.
 */
export class SecretBox {
  readonly #keys: readonly Key[]

  /** @throws AuditLogError `option_invalid` */
  constructor(keys: SettingsKey | undefined) {
    const list: readonly Uint8Array[] = keys === undefined ? [] : keys instanceof Uint8Array ? [keys] : keys
    if (!isList(list) || list.some((key) => !(key instanceof Uint8Array && key.length === 32))) {
      throw optionInvalid('a key of 32 bytes, or several,', '$.settingsKey')
    }
    this.#keys = list.map((key) => ({ id: keyIdOf(key), bytes: Buffer.from(key) }))
  }

  /** Whether there is a key. */
  get usable(): boolean {
    return this.#keys.length > 0
  }

  /** @throws AuditLogError `settings_key_missing` */
  seal(text: string, belongsTo: readonly string[]): string {
    const [key] = this.#keys
    if (key === undefined) throw keyMissing()
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce).setAAD(associated(belongsTo))
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return ['v1', key.id, nonce.toString('base64url'), sealed.toString('base64url')].join('.')
  }

  /** @throws AuditLogError `settings_key_missing`; `settings_key_wrong` for another key's, a moved or an altered one */
  open(sealed: string, belongsTo: readonly string[]): string {
    if (!this.usable) throw keyMissing()
    const [, id, nonce = '', rest = ''] = /^v1\.([0-9a-f]{16})\.([\w-]{16})\.([\w-]{22,})$/.exec(sealed) ?? []
    const key = this.#keys.find((candidate) => candidate.id === id)
    if (key === undefined) throw keyWrong()
    const bytes = Buffer.from(rest, 'base64url')
    const options = { authTagLength: 16 }
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, Buffer.from(nonce, 'base64url'), options)
    decipher.setAAD(associated(belongsTo)).setAuthTag(bytes.subarray(-16))
    try {
      return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8')
    } catch {
      throw keyWrong()
    }
  }

  /** Whether a ciphertext is under the key that encrypts now. */
  isCurrent(sealed: string): boolean {
    return sealed.startsWith(`v1.${this.#keys[0]?.id ?? ''}.`)
  }
}

const isList = (value: unknown): boolean => Array.isArray(value)

/** Names a key without telling anything of it. */
function keyIdOf(key: Uint8Array): string {
  return createHash('sha256').update('audit-log settings key 1\0').update(key).digest('hex').slice(0, 16)
}

/** JSON of strings: no two lists have the same. */
const associated = (belongsTo: readonly string[]): Buffer =>
  Buffer.from(JSON.stringify(['audit-log setting 1', ...belongsTo]))

const keyMissing = (): AuditLogError =>
  new AuditLogError(
    'settings_key_missing',
    'the host has given no key (settingsKey), so no secret can be stored or read',
  )
const keyWrong = (): AuditLogError =>
  new AuditLogError(
    'settings_key_wrong',
    'a stored secret does not open: it is under another key, or was altered or moved; enter it again',
  )
