import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { httpWitness } from '../../../src/sequencer/witness-client.ts'
import type { WitnessRequest } from '../../../src/sequencer/witness.ts'
import { parseAddCheckpoint, proveConsistency, TileHashReader } from '../../../src/tlog/index.ts'
import { createWitnessHandler } from '../../../src/witness/index.ts'
import { sampleData } from '../../support/merkle-reference.ts'
import { TileStore } from '../../support/tile-store.ts'
import { makeKeys, origin, signCheckpoint } from '../../support/tlog-fixtures.ts'

const [log, key, stranger] = [
  await makeKeys(origin),
  await makeKeys('soc.example/witness', 'cosignature/v1'),
  await makeKeys('soc.example/witness', 'cosignature/v1'),
]

async function requestFor(size: number): Promise<WitnessRequest & { asked: number[] }> {
  const { head, read } = new TileStore(sampleData(size))
  const asked: number[] = []
  return {
    note: await signCheckpoint(head, [log]),
    head,
    asked,
    prove: (olderSize) => {
      asked.push(olderSize)
      return proveConsistency(olderSize, size, new TileHashReader(head, read))
    },
  }
}

type Answer = (body: string, request: http.IncomingMessage, response: http.ServerResponse) => void
let answer: Answer
const bodies: string[] = []
const server = http.createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString()
    bodies.push(`${request.method} ${request.url} ${body.split('\n')[0]}`)
    answer(body, request, response)
  })
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/soc`
afterAll(() => void server.close())

const status =
  (code: number, body = '', headers: http.OutgoingHttpHeaders = {}): Answer =>
  (_body, _request, response) =>
    void response.writeHead(code, headers).end(body)
const conflict = (size: string): Answer => status(409, size, { 'content-type': 'text/x.tlog.size' })
const cosign = async (size: number, signal: AbortSignal = AbortSignal.timeout(5000)): Promise<readonly string[]> =>
  httpWitness({ url, verifierKey: key.verifierKey }).cosign(await requestFor(size), signal)

/** A real witness behind the socket. */
function realWitness(keys = key): Answer {
  let head: { size: number; rootHash: Uint8Array } | undefined
  const handle = createWitnessHandler({
    signer: keys.signer,
    logs: [log.verifierKey],
    state: { read: () => Promise.resolve(head), write: (_, next) => Promise.resolve(void (head = next)) },
  })
  return (body, request, response) => {
    void handle(new Request(new URL(request.url ?? '', url), { method: 'POST', body })).then(async (answered) => {
      return response.writeHead(answered.status, Object.fromEntries(answered.headers)).end(await answered.text())
    })
  }
}

beforeEach(() => void (bodies.length = 0))

describe('the client of a witness', () => {
  it('gets a cosignature, and later sends the proof from the size that was cosigned last', async () => {
    answer = realWitness()
    const witness = httpWitness({ url: `${url}/`, verifierKey: key.verifierKey })
    const lines = await witness.cosign(await requestFor(300), AbortSignal.timeout(5000))
    expect(lines).toEqual([expect.stringMatching(/^— soc\.example\/witness \S+$/)])
    await witness.cosign(await requestFor(700), AbortSignal.timeout(5000))
    expect(bodies).toEqual(['POST /soc/add-checkpoint old 0', 'POST /soc/add-checkpoint old 300'])
  })

  it('learns the size from a 409 and tries again with the proof from there', async () => {
    answer = realWitness()
    await cosign(300)
    const request = await requestFor(700)
    await httpWitness({ url, verifierKey: key.verifierKey }).cosign(request, AbortSignal.timeout(5000))
    expect(bodies.slice(1)).toEqual(['POST /soc/add-checkpoint old 0', 'POST /soc/add-checkpoint old 300'])
    expect(request.asked).toEqual([300])
  })

  it('says that the witness refuses when it knows a larger tree, another tree of the size, or no continuation', async () => {
    for (const refusal of [conflict('301\n'), conflict('0\n'), status(422)]) {
      answer = refusal
      await expect(cosign(300)).rejects.toMatchObject({ code: 'witness_refused' })
    }
  })

  it('takes nothing else for an answer', async () => {
    const answers: Answer[] = [
      ...[204, 400, 403, 404, 500, 503].map((code) => status(code, '— x\n')),
      status(200, ''),
      status(200, 'garbage'),
      status(200, 'x'.repeat(1_500_000)),
      // The size in another form, and without its content type.
      ...['', '-1\n', '007\n', '1e3\n', '300', '99999999999999999\n'].map(conflict),
      status(409, '100\n'),
      // Ever new sizes.
      (body, _request, response) =>
        response
          .writeHead(409, { 'content-type': 'text/x.tlog.size' })
          .end(`${(parseAddCheckpoint(body).oldSize + 7) % 300}\n`),
      (_body, request) => request.socket.destroy(),
      realWitness(stranger),
    ]
    for (const wrong of answers) {
      answer = wrong
      await expect(cosign(300)).rejects.toMatchObject({ code: 'witness_unreachable' })
    }
  })

  it('follows no redirect', async () => {
    let visits = 0
    const elsewhere = http.createServer((_request, response) => {
      visits += 1
      response.end()
    })
    elsewhere.listen(0, '127.0.0.1')
    await once(elsewhere, 'listening')
    const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/add-checkpoint`
    for (const code of [301, 302, 307, 308]) {
      answer = status(code, '', { location })
      await expect(cosign(300)).rejects.toMatchObject({ code: 'witness_unreachable' })
    }
    expect(visits).toBe(0)
    elsewhere.close()
  })

  it('gives up when its signal aborts', async () => {
    answer = () => undefined
    await expect(cosign(300, AbortSignal.timeout(50))).rejects.toMatchObject({ code: 'witness_unreachable' })
  })

  it('refuses plain HTTP to another host, credentials in the URL and the key of a log before any I/O', () => {
    for (const wrong of ['http://soc.example', 'https://user:secret@soc.example', 'ftp://soc.example', 'soc.example']) {
      expect(() => httpWitness({ url: wrong, verifierKey: key.verifierKey })).toThrow(
        expect.objectContaining({ code: 'option_invalid', message: expect.not.stringContaining('secret') }),
      )
    }
    expect(() => httpWitness({ url, verifierKey: log.verifierKey })).toThrow(
      expect.objectContaining({ code: 'key_unsupported' }),
    )
  })
})
