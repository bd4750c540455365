import { expect, it } from 'vitest'
import { functionPublisher } from '../../../src/index.ts'
import { parsePolicy, trustLogs, verifyTlogProof } from '../../../src/tlog/index.ts'
import { sequencedLog, until } from '../../support/sequencer.ts'
import { makeKeys } from '../../support/tlog-fixtures.ts'

const log = await sequencedLog()
const hashOf = (entry: { entry_hash: string }): Uint8Array => new Uint8Array(Buffer.from(entry.entry_hash, 'hex'))

it('resolves to a proof that verifies offline once a published checkpoint covers the entry', async () => {
  const log = await sequencedLog()
  const entries = await log.audit.logMany(Array.from({ length: 50 }, () => ({ action: 'a.b' })))
  const receipts = entries.map((entry) => log.audit.receipt(entry))
  let allowed = false
  const published: number[] = []
  const publisher = functionPublisher('gate', ({ size }) =>
    allowed ? Promise.resolve(void published.push(size)) : Promise.reject(new Error('not yet')),
  )
  const sequencer = await log.sequencer({ intervalMs: 50, publishers: [publisher] })
  // One checkpoint is published, so that there are publishers as far as the log knows.
  allowed = true
  await sequencer.run()
  for (const [index, receipt] of (await Promise.all(receipts)).entries()) {
    const verified = await verifyTlogProof(receipt, hashOf(entries[index]!), trustLogs([log.key.verifierKey]))
    expect(verified.index).toBe(index)
  }
  allowed = false
  const late = await log.audit.log({ action: 'a.c' })
  const receipt = log.audit.receipt(late)
  sequencer.start()
  await until(() => sequencer.status().checkpointSize === 51)
  // Signed, and in nobody's hands: no receipt.
  await expect(log.audit.receipt(late, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'proof_pending' })
  allowed = true
  await receipt
  expect(published).toEqual([50, 51])
  await sequencer.stop()
})

it('waits for the quorum of a policy', async () => {
  const witness = await makeKeys('soc.example/witness', 'cosignature/v1')
  const policy = parsePolicy(`log ${log.key.verifierKey}\nwitness soc ${witness.verifierKey}\nquorum soc\n`)
  const entry = await log.audit.log({ action: 'a.d' })
  const sequencer = await log.sequencer()
  await sequencer.run()
  await expect(log.audit.receipt(entry, { policy, timeoutMs: 200 })).rejects.toMatchObject({ code: 'proof_pending' })
  await sequencer.stop()
})

it('takes an entry whose transaction is still open, and gives up when it is told to', async () => {
  const client = await log.connect(log.app.url)
  await client.query('begin')
  const entry = await log.audit.log({ action: 'a.e' }, { db: client })
  const controller = new AbortController()
  const abandoned = log.audit.receipt(entry, { signal: controller.signal })
  controller.abort(new Error('the host shuts down'))
  await expect(abandoned).rejects.toThrow('the host shuts down')
  const receipt = log.audit.receipt(entry)
  await client.query('commit')
  const publisher = functionPublisher('open', () => Promise.resolve())
  const sequencer = await log.sequencer({ publishers: [publisher] })
  await sequencer.run()
  await verifyTlogProof(await receipt, hashOf(entry), trustLogs([log.key.verifierKey]))
  await sequencer.stop()
})

it('refuses what is no entry before any I/O', async () => {
  await expect(log.audit.receipt({ seq: 0 })).rejects.toMatchObject({ code: 'option_invalid' })
  await expect(log.audit.receipt({ seq: 1 }, { timeoutMs: 0 })).rejects.toMatchObject({ code: 'option_invalid' })
})
