import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { type BundleReport, verifyBundle } from '../../../src/evidence/verify-bundle.ts'
import { verifyLog } from '../../../src/evidence/verify-log.ts'
import { type BundleSelection, writeBundle } from '../../../src/evidence/write-bundle.ts'
import { createSigner, generateKey, trustLogs } from '../../../src/tlog/index.ts'
import { codeOfAsync } from '../../support/error-code.ts'
import { sequencedLog } from '../../support/sequenced-log.ts'

const log = await sequencedLog()
const policy = trustLogs([log.verifierKey])
await log.grow(1300)
const unsequenced = await log.audit.log({ action: 'a.b', user_id: 'user-1' })

async function bundle(selection: BundleSelection): Promise<string> {
  let text = ''
  for await (const piece of writeBundle(log.appPool, selection)) text += piece
  return text
}
const verify = (text: string | Uint8Array): Promise<BundleReport> => verifyBundle([text], { policy })

describe('a bundle', () => {
  it.each<[number, number]>([
    [0, 1300],
    [0, 0],
    [1299, 1300],
    [255, 257],
    [300, 811],
    [1300, 1300],
  ])('of the leaves from %i to %i is intact and complete', async (from, to) => {
    expect(await verify(await bundle({ from, to }))).toMatchObject({
      verdict: 'intact',
      size: 1300,
      entries: to - from,
      leaves: [from, to],
      filter: undefined,
    })
  })

  it('of a range without an end goes up to the checkpoint', async () => {
    expect(await verify(await bundle({ from: 1000 }))).toMatchObject({ verdict: 'intact', leaves: [1000, 1300] })
  })

  it('of a filter is intact, and has what a checkpoint covers', async () => {
    const query = log.audit.query().user(['user-1', 'user-96'])
    const text = await bundle({ query })
    expect(text).not.toContain(unsequenced.id)
    expect(await verify(text)).toMatchObject({
      verdict: 'intact',
      filter: { user: ['user-1', 'user-96'] },
      leaves: undefined,
    })
    expect((await verify(text)).entries).toBe((await query.count()) - 1)
    // Leaves that are far apart share most of their proofs.
    expect(text.match(/[A-Za-z0-9+/]{43}=/g)!.length).toBeLessThan(27 * 11)
  })

  it('of a filter that finds nothing is intact', async () => {
    expect(await verify(await bundle({ query: log.audit.query().user('nobody') }))).toMatchObject({
      verdict: 'intact',
      entries: 0,
    })
  })

  it.each([{ from: -1 }, { from: 3, to: 2 }, { from: 0.5 }, { query: {} as never }])(
    'refuses %o',
    async (selection) => {
      expect(await codeOfAsync(bundle(selection))).toBe('option_invalid')
    },
  )

  it('refuses a range that no checkpoint covers', async () => {
    expect(await codeOfAsync(bundle({ from: 1300, to: 1301 }))).toBe('checkpoint_unknown')
  })

  it('refuses a range of more than 1,000,000 leaves before it writes the first of them', async () => {
    expect(await codeOfAsync(bundle({ from: 0, to: 1_000_001 }))).toBe('bundle_too_large')
    expect(await codeOfAsync(bundle({ from: 1, to: 1_000_001 }))).toBe('checkpoint_unknown')
  })
})

describe('a bundle of which', () => {
  const edit = (change: (lines: string[]) => string[]) => (text: string) =>
    `${change(text.slice(0, -1).split('\n')).join('\n')}\n`
  it.each<[string, string, (text: string) => string | Uint8Array, object?]>([
    [
      'an outcome was edited',
      'entry_edited',
      edit((all) => all.with(5, all[5]!.replace('"success"', '"denied"'))),
      { leafIndex: 304, field: 'outcome' },
    ],
    [
      'an entry was edited with its hash',
      'altered',
      edit((all) => all.with(5, all[5]!.replace(/"entry_hash":"./, '"entry_hash":"z'))),
    ],
    ['an entry was left out', 'entry_missing', edit((all) => all.toSpliced(5, 1)), {}],
    [
      'an entry was left out and the count corrected',
      'entry_missing',
      (text) => edit((all) => all.toSpliced(5, 1))(text).replace('"entries":100', '"entries":99'),
      { leafIndex: 304 },
    ],
    [
      'the range was made smaller',
      'altered',
      (text) =>
        edit((all) => all.toSpliced(100, 1))(text)
          .replace('"entries":100', '"entries":99')
          .replace('[300,400]', '[300,399]'),
    ],
    [
      'an entry was left out but for its hash, as if it were only context',
      'entry_missing',
      edit((all) =>
        all.with(
          5,
          all[5]!.replace(/"entry":.*("entry_hash":"[0-9a-f]{64}").*/, (_, hash: string) => `${hash},"context":true}`),
        ),
      ),
      { leafIndex: 304 },
    ],
    ['an entry was called context', 'altered', edit((all) => all.with(5, all[5]!.replace(/}$/, ',"context":true}')))],
    ['entries changed places', 'order_changed', edit((all) => all.with(5, all[6]!).with(6, all[5]!)), {}],
    [
      'leaf indexes changed places',
      'order_changed',
      (text) =>
        text
          .replace('"leaf_index":304,', '"leaf_index":x,')
          .replace('"leaf_index":305,', '"leaf_index":304,')
          .replace('"leaf_index":x,', '"leaf_index":305,'),
    ],
    ['an entry is there twice', 'entry_added', edit((all) => all.toSpliced(5, 0, all[5]!))],
    ['the checkpoint was cut off', 'truncated', edit((all) => all.slice(0, -1))],
    ['most was cut off', 'truncated', (text) => text.slice(0, text.indexOf('\n', 20_000) + 1)],
    ['a line was cut', 'truncated', (text) => text.slice(0, 20_000)],
    [
      'a hash of the proof was changed',
      'altered',
      edit((all) =>
        all.with(
          all.length - 2,
          all
            .at(-2)!
            .replace(/\["./, '["A')
            .replace(/\["A(.)/, (_, next: string) => `["A${next === 'B' ? 'C' : 'B'}`),
        ),
      ),
    ],
    ['the signature was taken off', 'unsigned', (text) => text.replace(/\\n\\n.*"\}/, '\\n\\n"}')],
    ['the size in the checkpoint was edited', 'signature_invalid', (text) => text.replace('\\n1300\\n', '\\n1301\\n')],
  ])('%s is %s', async (_, verdict, attack, finding) => {
    const text = await bundle({ from: 300, to: 400 })
    const report = await verify(attack(text))
    const expected = verdict === 'altered' && report.verdict === 'entry_edited' ? 'entry_edited' : verdict
    expect(report).toMatchObject({ verdict: expected, ok: false })
    if (finding !== undefined) expect(report.findings).toContainEqual(expect.objectContaining({ verdict, ...finding }))
  })

  it('the key is another one is said', async () => {
    const { verifierKey } = await generateKey('audit.example.com/test')
    const text = await bundle({ from: 0, to: 3 })
    expect((await verifyBundle([text], { policy: trustLogs([verifierKey]) })).verdict).toBe('wrong_key')
  })

  it('one byte was changed, removed or added is never intact', async () => {
    const text = Buffer.from(await bundle({ from: 700, to: 702 }))
    const wrong: number[] = []
    for (let at = 0; at <= text.length; at += 1) {
      const [before, behind] = [text.subarray(0, at), text.subarray(at + 1)]
      const variants = [
        Buffer.concat([before, Buffer.of((text[at] ?? 0) ^ (1 << (at % 8))), behind]),
        at % 2 === 0
          ? Buffer.concat([before, behind])
          : Buffer.concat([before, Buffer.from(at % 4 === 1 ? ' ' : '\n'), text.subarray(at)]),
      ]
      for (const variant of variants) {
        if (variant.equals(text)) continue
        const ok = await verify(variant).then(
          (report) => report.ok,
          (error: { code: string }) => error.code !== 'bundle_malformed',
        )
        // Without the newline at its very end it is the same bundle.
        if (ok && at < text.length - 1) wrong.push(at)
      }
    }
    expect(wrong).toEqual([])
  })

  it.each([
    ['nothing', ''],
    ['100 MB of garbage', Buffer.alloc(100_000_000, 'x')],
    ['100 MB of lines', Buffer.alloc(100_000_000, 'xxx\n')],
    ['another format', '{"entries":[]}\n'],
    ['a tree beyond 2^53', '{"format":"audit-log-bundle/1","tree_size":9007199254740993,"leaves":[0,1]}\n'],
  ])('is %s is refused', async (_, contents) => {
    expect(await codeOfAsync(verify(contents))).toBe('bundle_malformed')
  })

  it('a range that claims to have 2^53 leaves is refused soon', async () => {
    const text = await bundle({ from: 0, to: 2 })
    const report = await verify(text.replace('"leaves":[0,2]', '"leaves":[0,9007199254740991]'))
    expect(report.verdict).toBe('entry_missing')
  })
})

describe('a bundle that its exporter signed', async () => {
  const exporter = await generateKey('alice.example.com/exports')
  const signed = async (selection: BundleSelection): Promise<string> => {
    let text = ''
    const signer = await createSigner(exporter.signerKey)
    for await (const piece of writeBundle(log.appPool, selection, { signer })) text += piece
    return text
  }
  const check = (text: string | Uint8Array, key = exporter.verifierKey): Promise<BundleReport> =>
    verifyBundle([text], { policy, exporters: [key] })

  it('names who exported it and when', async () => {
    const query = log.audit.query().user('user-1')
    for (const text of await Promise.all([signed({ from: 3, to: 9 }), signed({ query }), signed({ seqs: [1, 5] })])) {
      expect(await check(text)).toMatchObject({
        verdict: 'intact',
        exported: { by: 'alice.example.com/exports', at: expect.stringMatching(/^20.*Z$/) as string },
      })
      // Who does not ask for the exporter is not told of one.
      expect(await verify(text)).toMatchObject({ verdict: 'intact', exported: undefined })
    }
  })

  it('has no byte in its first line that can be changed', async () => {
    const text = Buffer.from(await signed({ query: log.audit.query().user('user-1') }))
    const header = text.indexOf(10)
    let refused = 0
    for (let at = 0; at <= header; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const changed = Buffer.from(text)
        changed[at]! ^= 1 << bit
        const verdict = await check(changed).then(
          (report) => (report.ok ? 'ok' : report.verdict),
          (error: { code: string }) => error.code,
        )
        expect(['altered', 'bundle_malformed', 'truncated']).toContain(verdict)
        refused += verdict === 'altered' ? 1 : 0
      }
    }
    // Most of it is the filter, which nothing else proves.
    expect(refused).toBeGreaterThan(50)
  })

  it.each<[string, string, string | undefined, (text: string) => string]>([
    ['nobody signed', 'unsigned', 'nobody signed', (text) => text.replace(/,"exporter":".*"\}/, '}')],
    ['the filter is another', 'altered', 'the first line', (text) => text.replace('["user-1"]', '["user-2"]')],
    [
      'an entry was left out, with a proof of the rest',
      'altered',
      'the entries',
      (text) => text.replace('"entries":14', '"entries":13'),
    ],
    [
      'the time is another',
      'signature_invalid',
      undefined,
      (text) => text.replace(/bundle\/1\\n20../, 'bundle/1\\n1999'),
    ],
    ['the statement is none', 'signature_invalid', undefined, (text) => text.replace(/"exporter":"/, '$&x\\u0000')],
  ])('%s: %s', async (_, verdict, message, attack) => {
    const text = await signed({ query: log.audit.query().user('user-1') })
    const report = await check(attack(text))
    expect(report).toMatchObject({ ok: false, exported: undefined })
    expect(report.findings).toContainEqual(
      expect.objectContaining({ verdict, message: expect.stringContaining(message ?? 'exporter') as string }),
    )
  })

  it('is not intact when entries were exchanged for others that the log has too', async () => {
    const [one, other] = [await signed({ seqs: [7] }), await bundle({ seqs: [8] })]
    const [header, , , end] = one.split('\n')
    const [, ...rest] = other.split('\n')
    const forged = `${[header, ...rest.slice(0, -2), end].join('\n')}\n`
    expect(await verify(forged)).toMatchObject({ verdict: 'intact' })
    expect(await check(forged)).toMatchObject({ verdict: 'altered' })
  })

  it("with another key is wrong_key, and with the log's own too", async () => {
    const text = await signed({ from: 0, to: 3 })
    const { verifierKey } = await generateKey('alice.example.com/exports')
    expect(await check(text, verifierKey)).toMatchObject({ verdict: 'wrong_key', ok: false, exported: undefined })
    expect(await check(text, log.verifierKey)).toMatchObject({ verdict: 'wrong_key' })
    expect(await codeOfAsync(check(text, 'no key'))).toBe('key_malformed')
  })
})

it('says which entries of a range were purged, and which are missing', async () => {
  const purged = await sequencedLog()
  await purged.grow(10)
  const { rows } = await purged.admin.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'audit_log.entry'::regclass`,
  )
  const guards = async (how: string): Promise<void> => {
    for (const { name } of [{ name: 'audit_log.entry' }, ...rows])
      await purged.admin.query(`alter table ${name} ${how} trigger all`)
  }
  await guards('disable')
  await purged.admin.query('delete from audit_log.entry where seq in (3, 4)')
  await guards('enable')
  // As purge_month() does, in the name of the application.
  const client = await purged.connect()
  await client.query(`begin;
    insert into audit_log.purge (partition, lower_bound, upper_bound, entries, tree_size, root_hash)
      values ('entry_2020_01', '2020-01-01', '2020-02-01', 2, 10, '\\x');
    set session authorization ${pg.escapeIdentifier(purged.app.name)};
    insert into audit_log.entry (action, target, details)
      values ('audit_log.purged', 'audit_log:entry_2020_01', '{"entries": 2, "tree_size": 10, "leaves": [[2, 4]]}');
    reset session authorization; commit`)
  await purged.grow(1)
  const policy = trustLogs([purged.verifierKey])
  const check = async (purgedBy?: readonly string[]): Promise<BundleReport> => {
    let text = ''
    for await (const piece of writeBundle(purged.appPool, { from: 0, to: 5 })) text += piece
    return verifyBundle([text], { policy, purgedBy })
  }
  expect(await check()).toMatchObject({ verdict: 'purged', ok: true, purged: 2 })
  // The application wrote the record, and its word need not count.
  for (const [login, verdict] of [
    [purged.app.name, 'purged'],
    [purged.reader.name, 'entry_missing'],
  ] as const) {
    expect(await check([login])).toMatchObject({ verdict })
    expect(await verifyLog(purged.appPool, { policy, purgedBy: [login] })).toMatchObject({ verdict })
  }
  await guards('disable')
  await purged.admin.query('delete from audit_log.entry where seq = 5')
  expect(await check()).toMatchObject({ verdict: 'entry_missing', ok: false, purged: 2 })
})
