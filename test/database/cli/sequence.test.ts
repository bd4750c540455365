import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { generateKey, openCheckpoint, trustLogs } from '../../../src/tlog/index.ts'
import { buildCli } from '../../support/cli.ts'
import { startS3Fake } from '../../support/s3-fake.ts'
import { sequencedLog } from '../../support/sequencer.ts'

const cli = await buildCli()
const log = await sequencedLog()
const folder = await mkdtemp(join(tmpdir(), 'audit-log-sequence-'))
const s3 = await startS3Fake()
afterAll(async () => {
  s3.stop()
  await rm(folder, { recursive: true, force: true })
})
const at = (name: string): string => join(folder, name)
const next = await generateKey('audit.example.com/test')
await writeFile(at('old.key'), log.key.signerKey, { mode: 0o600 })
await writeFile(at('new.key'), next.signerKey, { mode: 0o600 })

const sequence = (...args: string[]): ReturnType<typeof cli> =>
  cli(['sequence', '--once', '--database-url', log.sequencerUrl, ...args])
const oldKey = ['--key', at('old.key')]
const size = async (): Promise<number> =>
  Number((await log.admin.query<{ count: string }>('select count(*) from audit_log.entry')).rows[0]?.count)
const refused = (said: string): object => ({ code: 2, stderr: expect.stringContaining(said) as string })

describe('audit-log sequence', () => {
  it('publishes to object storage, under a lock for as long as it is told', async () => {
    s3.fail = undefined
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
    })
    await log.write(3)
    const place = ['--publish', 's3://bucket/audit/']
    expect(await sequence(...oldKey, ...place, '--retain-days', '40')).toMatchObject({ code: 0 })
    const newest = s3.objects.get('bucket/audit/checkpoint')?.at(-1)?.body ?? ''
    expect(await openCheckpoint(newest, trustLogs([log.key.verifierKey]))).toMatchObject({ size: await size() })
    const kept = [...s3.objects].find(([name]) => name !== 'bucket/audit/checkpoint')
    const days = ((kept?.[1][0]?.retainUntil?.getTime() ?? 0) - Date.now()) / 86_400_000
    expect([kept?.[1][0]?.lockMode, Math.round(days)]).toEqual(['COMPLIANCE', 40])
    expect(await sequence(...oldKey, ...place, '--retain-days', '1.5')).toMatchObject(refused('is invalid'))
    s3.fail = 403
    expect(await sequence(...oldKey, ...place)).toMatchObject(refused('publisher_failed'))
  })

  it('does not call a checkpoint published, or seen by a witness, that is not', async () => {
    await log.write(1)
    const elsewhere = ['--publish', `file:${at('elsewhere/checkpoint')}`]
    const deaf = `http://127.0.0.1:1=${(await generateKey('soc.example/witness', 'cosignature/v1')).verifierKey}`
    expect(await sequence(...oldKey, ...elsewhere, '--witness', deaf)).toMatchObject({
      ...refused('witness_unreachable'),
      stdout: expect.stringContaining('"code":"witness_unreachable"') as string,
    })
    expect(await sequence(...oldKey, ...elsewhere)).toMatchObject({ code: 0 })
    const down = ['--publish', 'http://127.0.0.1:1/checkpoint']
    expect(await sequence(...oldKey, ...elsewhere, ...down)).toMatchObject(refused('publisher_failed'))
    expect(await readFile(at('elsewhere/checkpoint'), 'utf8')).toContain(`\n${await size()}\n`)
  })

  it('goes on with a new key for whoever is told of the old one', async () => {
    const place = ['--publish', `file:${at('checkpoint')}`]
    await log.write(1)
    expect(await sequence(...oldKey, ...place)).toMatchObject({ code: 0 })
    await log.write(1)
    const newKey = ['--key', at('new.key')]
    expect((await sequence(...newKey, ...place)).code).toBe(2)
    expect(await sequence(...newKey, '--old-key', log.key.verifierKey, ...place)).toMatchObject({ code: 0, stderr: '' })
    const published = await readFile(at('checkpoint'), 'utf8')
    expect(await openCheckpoint(published, trustLogs([next.verifierKey]))).toMatchObject({ size: await size() })
    await expect(openCheckpoint(published, trustLogs([log.key.verifierKey]))).rejects.toMatchObject({
      code: 'note_unverified',
    })
    // While it changes, both sign.
    await log.write(1)
    expect(await sequence(...newKey, ...oldKey, ...place)).toMatchObject({ code: 0 })
    const both = await readFile(at('checkpoint'), 'utf8')
    for (const { verifierKey } of [next, log.key]) {
      expect(await openCheckpoint(both, trustLogs([verifierKey]))).toMatchObject({ size: await size() })
    }
  })

  it.each([
    ['an interval that is too short', ['--interval', '5'], 'option_invalid'],
    ['an interval that is no number', ['--interval', 'soon'], 'is invalid'],
    ['days for a place that cannot keep', ['--publish', `file:${at('kept')}`, '--retain-days', '40'], 'option_invalid'],
    ['days from a variable that is empty', ['--retain-days', ''], 'is invalid'],
    ['an alarm that is too early', ['--alarm-after', '10'], 'option_invalid'],
    ['a key that is none', ['--old-key', 'garbage'], 'key_malformed'],
    ['a witness without a key', ['--witness', 'https://witness.example'], 'option_invalid'],
    [
      'a witness with the key of a log',
      ['--witness', `https://witness.example=${next.verifierKey}`],
      'key_unsupported',
    ],
    ['a place that is none', ['--publish', 'ftp://example.com/x'], 'option_invalid'],
  ])('refuses %s', async (_, wrong, said) => {
    expect(await sequence(...oldKey, ...wrong)).toMatchObject({ stdout: '', ...refused(said) })
  })
})
