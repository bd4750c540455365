import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Evidence } from '../../../src/compliance/evidence.ts'
import { evidencePack, type EvidenceFile } from '../../../src/compliance/evidence-pack.ts'
import { frameworks } from '../../../src/compliance/frameworks.ts'
import { verifyBundle } from '../../../src/evidence/verify-bundle.ts'
import { AuditLogger, Retention } from '../../../src/index.ts'
import { Sequencer } from '../../../src/sequencer/sequencer.ts'
import { createSigner, generateKey, trustLogs } from '../../../src/tlog/index.ts'
import { buildCli } from '../../support/cli.ts'
import { testLog } from '../../support/database.ts'
import { codeOfAsync } from '../../support/error-code.ts'

const cli = await buildCli()
const log = await testLog()
const audit = new AuditLogger({ db: log.appPool })
const key = await generateKey('audit.example.com/evidence', 'ed25519')
const policy = trustLogs([key.verifierKey])
const reader = log.pool(log.reader.url)
const day = { from: new Date(Date.now() - 86_400_000), to: new Date(Date.now() + 86_400_000) }
const contentOf = (files: readonly EvidenceFile[], name: string): string =>
  files.find((file) => file.name === name)?.content ?? ''

describe('an evidence pack', () => {
  it('of a log without a checkpoint says so, and has no samples', async () => {
    const files = await evidencePack(reader, { framework: 'soc2', ...day })
    expect(files.map(({ name }) => name)).toEqual(['evidence.json', 'evidence.md', 'evidence.html', 'SHA256SUMS'])
    expect(contentOf(files, 'evidence.md')).toContain('no checkpoint has been signed')
  })

  it('counts what was recorded in the period, and proves samples that verify offline', async () => {
    await audit.logMany([
      ...Array.from({ length: 5 }, () => ({ action: 'user.login', user_id: 'alice' })),
      { action: 'user.login', outcome: 'failure' },
      { action: 'api_key.created', outcome: 'denied' },
      { action: 'audit_log.export_started', target: '<img src=x onerror=alert(1)>' },
    ])
    await new Retention({ db: log.appPool }).placeHold({
      reason: '<script>alert(1)</script> | [click](http://evil.example)',
      approvedBy: 'legal\u202e',
    })
    const sequencer = new Sequencer({
      db: log.admin,
      signers: [await createSigner(key.signerKey)],
      verifierKeys: [key.verifierKey],
    })
    await sequencer.run()
    const files = await evidencePack(reader, { framework: 'pci-dss', ...day, policy, samples: 2 })
    const evidence = JSON.parse(contentOf(files, 'evidence.json')) as Evidence
    expect(evidence).toMatchObject({
      format: 'audit-log-evidence/1',
      framework: { name: 'pci-dss' },
      log: { origin: 'audit.example.com/evidence', treeSize: 9 },
      entries: 9,
      samples: 5,
      checkpoints: { count: 1, cosigned: 0, first: { treeSize: 9 } },
      policy: { keepDays: 365 },
    })
    expect(evidence.actions).toMatchObject([
      { action: 'api_key.created', success: 0, failure: 0, denied: 1 },
      { action: 'audit_log.export_started', success: 1 },
      { action: 'audit_log.legal_hold.placed', success: 1 },
      { action: 'user.login', success: 5, failure: 1, denied: 0 },
    ])
    const bundle = contentOf(files, 'samples.bundle')
    expect(await verifyBundle(Readable.from([bundle]), { policy })).toMatchObject({ verdict: 'intact', entries: 5 })
    const forged = bundle.replace('"user_id":"alice"', '"user_id":"mallory"')
    expect((await verifyBundle(Readable.from([forged]), { policy })).ok).toBe(false)
  })

  it('has the sums of its files', async () => {
    const files = await evidencePack(reader, { framework: 'hipaa', ...day })
    for (const line of contentOf(files, 'SHA256SUMS').trim().split('\n')) {
      const [sum, name = ''] = line.split('  ')
      expect(createHash('sha256').update(contentOf(files, name)).digest('hex')).toBe(sum)
    }
  })

  it('shows what comes from the log as text, in HTML and in Markdown', async () => {
    const files = await evidencePack(reader, { framework: 'iso27001', ...day })
    const [html, markdown] = [contentOf(files, 'evidence.html'), contentOf(files, 'evidence.md')]
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(html).not.toMatch(/<script|<img|\u202e/)
    expect(markdown).toContain('&lt;script>alert(1)&lt;/script> \\| \\[click\\]')
    expect(markdown).not.toMatch(/<script|\u202e/)
  })

  it.each(frameworks.map(({ name }) => name))('of %s claims no compliance', async (framework) => {
    const text = contentOf(await evidencePack(reader, { framework, ...day }), 'evidence.md')
    expect(text).toContain('Nothing here states that anybody complies with it')
    expect(text).not.toMatch(/\bcompliant\b|\bcertified\b/i)
  })

  it('leaves out what lies outside of the period', async () => {
    const files = await evidencePack(reader, {
      framework: 'nis2',
      from: '2020-01-01T00:00:00Z',
      to: '2021-01-01T00:00:00Z',
    })
    expect(JSON.parse(contentOf(files, 'evidence.json'))).toMatchObject({ entries: 0, actions: [], samples: 0 })
  })

  it.each([
    ['an unknown framework', { framework: 'iso9001', ...day }, 'option_invalid'],
    ['a period that ends before it begins', { framework: 'soc2', from: day.to, to: day.from }, 'query_invalid'],
    ['a time without a zone', { framework: 'soc2', from: '2026-01-01T00:00:00', to: day.to }, 'query_invalid'],
    ['more than 100 samples of an action', { framework: 'soc2', ...day, samples: 101 }, 'option_invalid'],
  ] as const)('refuses %s', async (_, options, code) => {
    expect(await codeOfAsync(evidencePack(reader, options))).toBe(code)
  })
})

describe('audit-log evidence', () => {
  it('writes the pack into a new folder, and says when that could not be recorded', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'audit-log-evidence-'))
    const out = join(folder, 'pack')
    const command = ['evidence', '--framework', 'soc2', '--from', day.from.toISOString(), '--to', day.to.toISOString()]
    const run = (url: string): ReturnType<typeof cli> =>
      cli([...command, '--key', key.verifierKey, '--out', out, '--database-url', url])
    const { code, stdout } = await run(log.reader.url)
    expect({ code, files: await readdir(out) }).toEqual({
      code: 0,
      files: ['SHA256SUMS', 'evidence.html', 'evidence.json', 'evidence.md', 'samples.bundle'],
    })
    expect(stdout).toContain('this login may not write')
    // A folder that is there is not written into.
    expect((await run(log.app.url)).code).toBe(2)
    await rm(folder, { recursive: true })
  })
})
