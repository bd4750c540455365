import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  proveEntry,
  verifyArchive,
  verifyBundle,
  verifyLog,
  verifyProof,
  type Witness,
  writeArchive,
  writeBundle,
} from '../../../src/index.ts'
import {
  createSigner,
  formatSignatureLines,
  generateKey,
  parseNote,
  parsePolicy,
  type Policy,
  signText,
} from '../../../src/tlog/index.ts'
import { buildCli } from '../../support/cli.ts'
import { codeOfAsync } from '../../support/error-code.ts'
import { sequencedLog } from '../../support/sequencer.ts'
import { unique } from '../../support/unique.ts'

// A log whose newest checkpoint no witness has cosigned yet: 300 leaves are witnessed, 20 are not.

const log = await sequencedLog()
const reader = log.pool(log.reader.url)
const key = await generateKey('soc.example/witness', 'cosignature/v1')
const signer = await createSigner(key.signerKey)
const witness: Witness = {
  name: 'soc',
  cosign: async ({ note }) => [formatSignatureLines([await signText(parseNote(note).text, signer)]).trimEnd()],
}
const policyText = `log ${log.key.verifierKey}\nwitness soc ${key.verifierKey}\nquorum soc\n`
const policy = parsePolicy(policyText)

await log.write(300)
const [first] = (await log.audit.query().order('oldest').limit(1).page()).entries
const seq = first!.seq
const folder = await mkdtemp(join(tmpdir(), 'audit-log-witnessed-'))
afterAll(() => rm(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)

async function bundle(trusted?: Policy): Promise<string> {
  let text = ''
  for await (const piece of writeBundle(reader, { from: 0 }, { policy: trusted })) text += piece
  return text
}

it('has nothing for a policy with witnesses before one has cosigned', async () => {
  const sequencer = await log.sequencer()
  await sequencer.run()
  await sequencer.stop()
  expect(await verifyLog(reader, { policy })).toMatchObject({ verdict: 'quorum_missing', ok: false })
  expect(await codeOfAsync(proveEntry(reader, seq, { policy }))).toBe('proof_pending')
  expect(await codeOfAsync(writeArchive(reader, at('none'), { policy }))).toBe('checkpoint_unknown')
  expect(await codeOfAsync(bundle(policy))).toBe('checkpoint_unknown')
})

describe('when a witness has cosigned 300 leaves and not yet the newest 320', async () => {
  const seen = { size: 300, cosignatures: [{ witness: 'soc' }] }
  const cli = await buildCli()
  writeFileSync(at('policy'), policyText)
  const options = ['--policy', at('policy'), '--database-url', log.reader.url]

  beforeAll(async () => {
    const witnessed = await log.sequencer({ witnesses: [witness] })
    await witnessed.run()
    await witnessed.stop()
    await log.write(20)
    const alone = await log.sequencer()
    await alone.run()
    await alone.stop()
  })

  it('the log is verified up to what was cosigned', async () => {
    expect(await verifyLog(reader, { policy })).toMatchObject({ verdict: 'intact', ...seen })
    expect(await cli(['verify', '--database', ...options])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('300 entries of a log of 300 leaves, seen by soc at 20') as string,
    })
  })

  it('proofs and receipts are about what was cosigned', async () => {
    for (const proof of [await proveEntry(reader, seq, { policy }), await log.audit.receipt({ seq }, { policy })]) {
      expect(await verifyProof(proof, { policy, entry: first! })).toMatchObject({ verdict: 'intact', ...seen })
    }
    const newest = await proveEntry(reader, seq)
    expect(await verifyProof(newest, { policy, entry: first! })).toMatchObject({ verdict: 'quorum_missing', ok: false })
    const printed = await cli(['prove', String(seq), ...options])
    writeFileSync(at('proof'), printed.stdout)
    const verified = await cli(['verify', at('proof'), '--policy', at('policy'), '--entry', first!.entry_hash])
    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('seen by soc') as string,
    })
  })

  it('archives go up to what was cosigned', async () => {
    expect(await cli(['archive', at('archive'), ...options])).toMatchObject({ code: 0 })
    expect(await verifyArchive(at('archive'), { policy })).toMatchObject({ verdict: 'intact', ...seen })
    expect(await codeOfAsync(writeArchive(reader, at('refused'), { policy, upTo: 320 }))).toBe('quorum_missing')
    expect(await writeArchive(reader, at('asked'), { policy, upTo: 300 })).toMatchObject({ size: 300 })
    await writeArchive(reader, at('whole'))
    expect(await verifyArchive(at('whole'), { policy })).toMatchObject({ verdict: 'quorum_missing', ok: false })
    const verified = await cli(['verify', at('whole'), '--policy', at('policy')])
    expect([verified.code, verified.stdout]).toEqual([1, expect.stringContaining('QUORUM_MISSING')])
  })

  it('bundles are about what was cosigned', async () => {
    expect(await verifyBundle([await bundle(policy)], { policy })).toMatchObject({ verdict: 'intact', ...seen })
    expect(await verifyBundle([await bundle()], { policy })).toMatchObject({ verdict: 'quorum_missing', ok: false })
    const file = at(unique('bundle'))
    expect(await cli(['export', '--output', file, ...options])).toMatchObject({ code: 0 })
    expect(await cli(['verify', file, '--policy', at('policy')])).toMatchObject({ code: 0, stderr: '' })
  })

  it('evidence packs have samples of what was cosigned', async () => {
    const period = ['--from', '2020-01-01T00:00:00Z', '--to', '2100-01-01T00:00:00Z', '--samples', '2']
    const pack = at(unique('pack'))
    const made = await cli(['evidence', '--framework', 'soc2', ...period, '--out', pack, ...options])
    expect(made).toMatchObject({ code: 0, stderr: '' })
    const verified = await cli(['verify', join(pack, 'samples.bundle'), '--policy', at('policy')])
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('2 entries of a log of 300') as string })
  })

  it('a policy is not given together with a key, and must be one', async () => {
    const both = await cli(['verify', at('whole'), '--policy', at('policy'), '--key', log.key.verifierKey])
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('option_invalid')])
    writeFileSync(at('nonsense'), 'nonsense\n')
    const nonsense = await cli(['verify', at('whole'), '--policy', at('nonsense')])
    expect([nonsense.code, nonsense.stderr]).toEqual([2, expect.stringContaining('policy_malformed')])
  })
})
