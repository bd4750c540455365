import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readSinks } from '../../../src/cli/sink-config.ts'

const folder = await mkdtemp(join(tmpdir(), 'audit-log-sink-config-'))
afterAll(() => rm(folder, { recursive: true }))

it('names the sink of several that is configured wrongly, and no secret of it', async () => {
  const path = join(folder, 'sinks.json')
  const token = 'not a token'
  await writeFile(
    path,
    JSON.stringify({ sinks: { file: { kind: 'ndjson', file: join(folder, 'x') }, siem: { kind: 'splunk', token } } }),
  )
  const message = expect.stringMatching(new RegExp(`^sink siem: (?!.*${token})`))
  expect(() => readSinks(path)).toThrow(expect.objectContaining({ code: 'option_invalid', message }))
})
