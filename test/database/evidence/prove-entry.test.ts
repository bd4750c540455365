import { describe, expect, it } from 'vitest'
import { proveEntries, proveEntry } from '../../../src/evidence/prove-entry.ts'
import { proveGrowth, verifyGrowth } from '../../../src/evidence/prove-growth.ts'
import { AuditLogger } from '../../../src/index.ts'
import { Sequencer } from '../../../src/sequencer/sequencer.ts'
import { createSigner, generateKey, trustLogs, verifyTlogProof } from '../../../src/tlog/index.ts'
import { testLog } from '../../support/database.ts'
import { codeOfAsync } from '../../support/error-code.ts'

const log = await testLog()
const key = await generateKey('audit.example.com/test')
const policy = trustLogs([key.verifierKey])
const audit = new AuditLogger({ db: log.appPool })
const login = await log.login()
await log.admin.query(`grant ${log.roles.sequencer} to ${login.name}`)
const sequencer = new Sequencer({
  db: log.pool(login.url),
  signers: [await createSigner(key.signerKey)],
  verifierKeys: [key.verifierKey],
})
const reader = log.pool(log.reader.url)
const noteOf = async (size: number): Promise<string> =>
  (await log.admin.query<{ note: string }>('select note from audit_log.checkpoint where tree_size = $1', [size]))
    .rows[0]!.note

const first = await audit.logMany(Array.from({ length: 700 }, (_, number) => ({ action: 'a.b', details: { number } })))
await sequencer.run()
const second = await audit.logMany(Array.from({ length: 90 }, () => ({ action: 'a.c' })))
await sequencer.run()
const unsequenced = await audit.log({ action: 'a.d' })

describe('proveEntry', () => {
  it('proves an entry to whoever holds its hash and the verifier key', async () => {
    for (const entry of [first[0]!, first[699]!, second[89]!]) {
      const proof = await audit.proveEntry(entry.seq)
      const { checkpoint } = await verifyTlogProof(proof, Buffer.from(entry.entry_hash, 'hex'), policy)
      expect(checkpoint.size).toBe(790)
      expect(await codeOfAsync(verifyTlogProof(proof, Buffer.alloc(32, 7), policy))).toBe('proof_invalid')
    }
  })

  it('says that no checkpoint covers an entry yet', async () => {
    expect(await codeOfAsync(proveEntry(reader, unsequenced.seq))).toBe('proof_pending')
  })

  it('says that there is no such entry', async () => {
    expect(await codeOfAsync(proveEntry(reader, 1_000_000))).toBe('entry_unknown')
  })

  it.each([0, -1, 1.5, 2 ** 53, Number.NaN, '1' as unknown as number])('refuses seq %s', async (seq) => {
    expect(await codeOfAsync(proveEntry(reader, seq))).toBe('option_invalid')
  })

  it('says that a login may not read', async () => {
    const stranger = log.pool((await log.login()).url)
    expect(await codeOfAsync(proveEntry(stranger, 1))).toBe('privilege_missing')
  })
})

describe('proveEntries', () => {
  it('proves a page with as many statements as one entry takes', async () => {
    let statements = 0
    const counting = {
      query: (text: string, values?: unknown[]) => {
        statements += 1
        return reader.query(text, values)
      },
    }
    await proveEntries(counting, [first[0]!.seq])
    const one = statements
    const page = [...first.slice(100), ...second]
    const results = await proveEntries(
      counting,
      page.map(({ seq }) => seq),
    )
    expect(statements).toBe(2 * one)
    for (const [place, { seq, entry_hash }] of page.entries()) {
      expect(results[place]!.seq).toBe(seq)
      await verifyTlogProof(results[place]!.proof!, Buffer.from(entry_hash, 'hex'), policy)
    }
  })

  it('says for each entry why it has no proof', async () => {
    const results = await proveEntries(reader, [unsequenced.seq, 999_999, first[3]!.seq])
    expect(results.map(({ missing }) => missing)).toEqual(['proof_pending', 'entry_unknown', undefined])
  })
})

describe('proveGrowth', () => {
  it.each([0, 1, 256, 700, 790])('proves to the holder of %i leaves that the log only grew', async (from) => {
    const proof = await audit.proveGrowth(from)
    if (from !== 700 && from !== 790) return expect(proof).toContain(`old ${from}\n`)
    expect((await verifyGrowth(await noteOf(from), proof, policy)).size).toBe(790)
    expect(await codeOfAsync(verifyGrowth(await noteOf(790), await proveGrowth(reader, 700), policy))).toBe(
      'proof_invalid',
    )
  })

  it('proves between any two stored checkpoints', async () => {
    expect((await verifyGrowth(await noteOf(700), await proveGrowth(reader, 700, { to: 700 }), policy)).size).toBe(700)
    expect(await codeOfAsync(proveGrowth(reader, 100, { to: 500 }))).toBe('checkpoint_unknown')
    expect(await codeOfAsync(proveGrowth(reader, 791))).toBe('checkpoint_unknown')
    expect(await codeOfAsync(proveGrowth(reader, 700, { to: 600 }))).toBe('option_invalid')
  })
})

it('refuses to prove from a tree that was damaged', async () => {
  await log.admin.query('alter table audit_log.tile disable trigger all')
  await log.admin.query(
    `update audit_log.tile set hashes = set_byte(hashes, 40, 255 - get_byte(hashes, 40)) where level = 0`,
  )
  expect(await codeOfAsync(proveEntry(reader, first[0]!.seq))).toBe('tree_damaged')
  expect(await codeOfAsync(proveGrowth(reader, 100))).toBe('tree_damaged')
})
