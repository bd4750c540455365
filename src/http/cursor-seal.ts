import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Executor } from '../database/database.ts'
import { quoteIdentifier } from '../schema/names.ts'
import type { Principal } from './principal.ts'
import { Problem } from './problem.ts'

/**
 * Authenticates cursors, so that a client can only go on where an answer to the same principal's same query ended.
 *
 * A sealed cursor is the cursor, a dot, and 16 bytes of an HMAC-SHA256 over the resource, the tenants of the principal and
 * the cursor. The key is the host's, or the one that the installation made and every process of the host reads.
 */
export class CursorSeal {
  readonly #schema: string
  #key: Buffer | undefined

  constructor(schema: string, key: Uint8Array | undefined) {
    this.#schema = schema
    this.#key = key === undefined ? undefined : Buffer.from(key)
  }

  /** Seals a cursor. */
  async seal(cursor: string, resource: string, principal: Principal, executor: Executor): Promise<string> {
    return `${cursor}.${(await this.#mac(cursor, resource, principal, executor)).toString('base64url')}`
  }

  /** Takes the cursor out of the seal. @throws Problem `cursor_invalid` */
  async open(sealed: string, resource: string, principal: Principal, executor: Executor): Promise<string> {
    const [, cursor = '', mac = ''] = /^([A-Za-z0-9_-]{1,200})\.([A-Za-z0-9_-]{22})$/.exec(sealed) ?? []
    const expected = await this.#mac(cursor, resource, principal, executor)
    const found = Buffer.from(mac, 'base64url')
    if (found.length !== expected.length || !timingSafeEqual(found, expected)) {
      throw new Problem('cursor_invalid', { parameter: 'cursor' })
    }
    return cursor
  }

  async #mac(cursor: string, resource: string, { tenants }: Principal, executor: Executor): Promise<Buffer> {
    const key = (this.#key ??= await this.#readKey(executor))
    return createHmac('sha256', key)
      .update(JSON.stringify(['audit-log cursor 1', resource, tenants, cursor]))
      .digest()
      .subarray(0, 16)
  }

  async #readKey(executor: Executor): Promise<Buffer> {
    const [row] = await executor.run(
      `select encode(key, 'hex') as key from ${quoteIdentifier(this.#schema)}.cursor_key`,
    )
    const key = Buffer.from(String(row?.['key']), 'hex')
    if (key.length !== 32) throw new TypeError('the schema has no key for cursors')
    return key
  }
}
