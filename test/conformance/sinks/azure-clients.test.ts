import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatLogRow } from '../../../src/sinks/sentinel-row.ts'
import { azureSecret, type FakeAzure, startFakeAzure } from '../../support/azure.ts'
import { testAuthority } from '../../support/certificates.ts'
import { forwarded } from '../../support/forwarded.ts'

const run = promisify(execFile)
const program = fileURLToPath(new URL('../../support/azure-clients.mjs', import.meta.url))
const authority = testAuthority()
const stream = 'Custom-AuditLog_CL'
let fake: FakeAzure
let folder: string

beforeAll(async () => {
  fake = await startFakeAzure(authority.issue({ commonName: 'azure', names: ['localhost', '127.0.0.1'] }))
  folder = await mkdtemp(join(tmpdir(), 'azure-'))
  await writeFile(join(folder, 'ca.pem'), authority.cert)
})
afterAll(async () => {
  await fake.stop()
  await rm(folder, { recursive: true })
})

async function upload(rows: readonly object[], secret = azureSecret, rule = fake.dcrImmutableId): Promise<object> {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') }
  const { stdout } = await run(process.execPath, [program, fake.url, rule, stream, secret, JSON.stringify(rows)], {
    env,
  })
  return JSON.parse(stdout) as object
}

describe("Microsoft's own clients take the fake for the service", () => {
  it('log in with a secret, and upload the rows of the sink', async () => {
    const row = JSON.parse(formatLogRow(forwarded()))
    expect(await upload([row])).toMatchObject({ ok: true })
    expect(fake.tokenRequests.at(-1)).toContain('https://monitor.azure.com')
    expect(fake.rows[stream]!.at(-1)).toMatchObject({ EntryId: row['EntryId'], EntryHash: row['EntryHash'] })
    // They post to the same path, compressed, as the sink does.
    expect(fake.requests.at(-1)).toMatchObject({
      path: `/dataCollectionRules/${fake.dcrImmutableId}/streams/${stream}?api-version=2023-01-01`,
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    })
  })

  it('see a wrong secret, a missing role and a missing rule as what they are', async () => {
    expect(await upload([{}], 'wrong')).toMatchObject({ ok: false, name: 'AuthenticationRequiredError' })
    fake.permitted = false
    expect(await upload([{}])).toMatchObject({ ok: false, name: 'RestError', status: 403, code: 'OperationFailed' })
    fake.permitted = true
    expect(await upload([{}], azureSecret, `dcr-${'0'.repeat(32)}`)).toMatchObject({
      ok: false,
      status: 404,
      code: 'NotFound',
    })
  })

  it('retry a 503 with Retry-After', async () => {
    const before = fake.requests.length
    fake.script.push({ status: 503, headers: { 'retry-after': '0' } })
    expect(await upload([JSON.parse(formatLogRow(forwarded()))])).toMatchObject({ ok: true })
    expect(fake.requests.length - before).toBe(2)
  })
})
