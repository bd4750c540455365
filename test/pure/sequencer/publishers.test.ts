import { once } from 'node:events'
import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Publisher } from '../../../src/index.ts'
import { filePublisher, functionPublisher, httpPublisher, s3Publisher } from '../../../src/index.ts'
import { sampleData } from '../../support/merkle-reference.ts'
import { startS3Fake } from '../../support/s3-fake.ts'
import { TileStore } from '../../support/tile-store.ts'
import { makeKeys, origin, signCheckpoint } from '../../support/tlog-fixtures.ts'
import { unique } from '../../support/unique.ts'

const log = await makeKeys(origin)
const noteOf = (size: number): Promise<string> => signCheckpoint(new TileStore(sampleData(size)).head, [log])
const [small, large] = [
  { size: 3, note: await noteOf(3) },
  { size: 300, note: await noteOf(300) },
]
const never = new AbortController().signal

const directory = await mkdtemp(join(tmpdir(), 'audit-log-publish-'))
const stored = new Map<string, string>()
const server = http.createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    if (request.url === '/moved') return response.writeHead(307, { location: '/elsewhere' }).end()
    if (request.url === '/down') return response.writeHead(503).end()
    if (request.method === 'PUT') {
      if (request.headers.authorization !== 'Bearer t') return response.writeHead(401).end()
      stored.set(request.url ?? '', Buffer.concat(chunks).toString())
      return response.writeHead(204).end()
    }
    const note = stored.get(request.url ?? '')
    return response.writeHead(note === undefined ? 404 : 200).end(note)
  })
})
const s3 = await startS3Fake()
const client = new S3Client({
  endpoint: s3.endpoint,
  region: 'eu-central-1',
  forcePathStyle: true,
  credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
  maxAttempts: 1,
})
let base = ''

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.close()
  s3.stop()
  await rm(directory, { recursive: true, force: true })
})

/** What every publisher that can be read does. */
const publishers: Readonly<Record<string, () => Publisher>> = {
  filePublisher: () => filePublisher(join(directory, unique('made'), 'checkpoint')),
  httpPublisher: () =>
    httpPublisher({ url: `${base}/${unique('checkpoint')}`, headers: { authorization: 'Bearer t' } }),
  s3Publisher: () => s3Publisher({ client, bucket: 'bucket', prefix: `${unique('audit')}/`, retainDays: 30 }),
  functionPublisher: () => {
    let note: string | undefined
    return functionPublisher(
      'memory',
      (checkpoint) => Promise.resolve(void (note = checkpoint.note)),
      () => Promise.resolve(note),
    )
  },
}

describe.each(Object.entries(publishers))('%s', (_, make) => {
  it('gives back the newest checkpoint, also the same one again', async () => {
    const publisher = make()
    expect(await publisher.latest?.(never)).toBeUndefined()
    for (const checkpoint of [small, large, large]) {
      await publisher.publish(checkpoint, never)
      expect(await publisher.latest?.(never)).toBe(checkpoint.note)
    }
  })
})

describe('a file', () => {
  it('has a history that is only appended to, once for each checkpoint, also after a crash in the middle of a line', async () => {
    const path = join(directory, unique('history'))
    await filePublisher(path).publish(small, never)
    await filePublisher(path).publish(small, never)
    await appendFile(`${path}.history`, '"cut sho')
    await filePublisher(path).publish(large, never)
    const lines = (await readFile(`${path}.history`, 'utf8')).split('\n')
    expect(lines).toEqual([JSON.stringify(small.note), '"cut sho', JSON.stringify(large.note), ''])
    expect((await readdir(directory)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('is not replaced by an older checkpoint that was late', async () => {
    const publisher = filePublisher(join(directory, unique('order')))
    await Promise.all([publisher.publish(large, never), publisher.publish(small, never)])
    expect(await publisher.latest?.(never)).toBe(large.note)
  })

  it('fails where nothing can be written or read', async () => {
    const publisher = filePublisher('/dev/null/checkpoint')
    await expect(publisher.publish(small, never)).rejects.toMatchObject({ code: 'publisher_failed' })
    await expect(filePublisher(directory).latest?.(never)).rejects.toMatchObject({ code: 'publisher_failed' })
  })
})

describe('HTTP', () => {
  it('fails on an answer that is no success, on a redirect and on no answer', async () => {
    for (const url of [`${base}/checkpoint`, `${base}/moved`, `${base}/down`, 'http://127.0.0.1:1/']) {
      await expect(httpPublisher({ url }).publish(small, never)).rejects.toMatchObject({ code: 'publisher_failed' })
    }
    await expect(httpPublisher({ url: `${base}/down` }).latest?.(never)).rejects.toMatchObject({
      code: 'publisher_failed',
    })
    expect(stored.has('/elsewhere')).toBe(false)
    expect(httpPublisher({ url: base, readBack: false })).not.toHaveProperty('latest')
  })
})

describe('object storage', () => {
  it('keeps every checkpoint under Object Lock by the real client, and two of one size both', async () => {
    s3.objects.clear()
    const publisher = s3Publisher({ client, bucket: 'bucket', retainDays: 30, lockMode: 'GOVERNANCE' })
    const other = { size: 3, note: await signCheckpoint({ size: 3, rootHash: new Uint8Array(32) }, [log]) }
    for (const checkpoint of [small, other]) await publisher.publish(checkpoint, never)
    const kept = [...s3.objects].filter(([key]) => key !== 'bucket/checkpoint')
    expect(kept.map(([key]) => key.replace(/-[0-9a-f]{16}$/, ''))).toEqual([
      'bucket/checkpoint-0000000000000003',
      'bucket/checkpoint-0000000000000003',
    ])
    expect(new Set(kept.map(([, versions]) => versions[0]?.body))).toEqual(new Set([small.note, other.note]))
    for (const [, [version]] of kept) {
      const days = ((version?.retainUntil?.getTime() ?? 0) - Date.now()) / 86_400_000
      expect([version?.lockMode, Math.round(days)]).toEqual(['GOVERNANCE', 30])
    }
  })

  it('fails when it is refused, and takes no other retention than whole days', async () => {
    const publisher = s3Publisher({ client, bucket: 'bucket' })
    s3.fail = 403
    await expect(publisher.publish(small, never)).rejects.toMatchObject({ code: 'publisher_failed' })
    await expect(publisher.latest?.(never)).rejects.toMatchObject({ code: 'publisher_failed' })
    s3.fail = undefined
    for (const retainDays of [0, -1, 1.5, 40_000, Number.NaN]) {
      expect(() => s3Publisher({ client, bucket: 'bucket', retainDays })).toThrow(
        expect.objectContaining({ code: 'option_invalid' }),
      )
    }
  })
})
