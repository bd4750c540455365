import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  formatAddCheckpoint,
  hashLeaves,
  openCheckpoint,
  parsePolicy,
  proveConsistency,
  RightEdge,
  TileHashReader,
  type TreeHead,
} from '../../../src/tlog/index.ts'
import {
  createWitnessHandler,
  serveWitness,
  WitnessFolder,
  type WitnessOutcome,
  type WitnessState,
} from '../../../src/witness/index.ts'
import { sampleData, sideBySide } from '../../support/merkle-reference.ts'
import { TileStore } from '../../support/tile-store.ts'
import { cosignedAt, makeKeys, origin, signCheckpoint } from '../../support/tlog-fixtures.ts'

const [log, newer, stranger] = [await makeKeys(origin), await makeKeys(origin), await makeKeys(origin)]
const witness = await makeKeys('soc.example/witness', 'cosignature/v1')
const data = sampleData(700)
const store = new TileStore(data)
// The same log, rewritten from leaf 100 on.
const forkedData = data.map((leaf, index) => (index < 100 ? leaf : leaf.toReversed()))

let folder: string
let state: WitnessFolder
let handle: (request: Request) => Promise<Response>
let outcomes: WitnessOutcome['result'][]

function open(witnessState: WitnessState): void {
  handle = createWitnessHandler({
    signer: witness.signer,
    logs: [log.verifierKey, newer.verifierKey],
    state: witnessState,
    onOutcome: ({ result }) => void outcomes.push(result),
  })
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-log-witness-'))
  state = await WitnessFolder.open(folder)
  outcomes = []
  open(state)
  return async () => {
    await state.close()
    await rm(folder, { recursive: true, force: true })
  }
})

function headOf(leaves: readonly Uint8Array[]): TreeHead {
  const edge = new RightEdge()
  edge.append(hashLeaves(sideBySide(leaves)))
  return { size: edge.size, rootHash: edge.root() }
}

async function requestFor(
  oldSize: number,
  size: number,
  { leaves = data, keys = [log] }: { leaves?: readonly Uint8Array[]; keys?: (typeof log)[] } = {},
): Promise<string> {
  const head = headOf(leaves.slice(0, size))
  const tiles = leaves === data && size === data.length ? store : new TileStore(leaves.slice(0, size))
  const proof = oldSize > size ? [] : await proveConsistency(oldSize, size, new TileHashReader(head, tiles.read))
  return formatAddCheckpoint({ oldSize, proof, checkpoint: await signCheckpoint(head, keys) })
}

const post = (body: string, path = '/add-checkpoint'): Promise<Response> =>
  handle(new Request(`http://witness.example${path}`, { method: 'POST', body }))
const status = async (body: string | Promise<string>): Promise<number> => (await post(await body)).status

describe('a witness', () => {
  it('cosigns what it has never seen and what continues it, in the form that a verifier with a policy takes', async () => {
    expect(await status(requestFor(0, 300))).toBe(200)
    const checkpoint = await signCheckpoint(headOf(data), [log])
    const response = await post(await requestFor(300, 700))
    const policy = parsePolicy(`log ${log.verifierKey}\nwitness soc ${witness.verifierKey}\nquorum soc\n`)
    const opened = await openCheckpoint(checkpoint + (await response.text()), policy)
    expect(opened.cosignatures).toEqual([{ witness: 'soc', timeSeconds: cosignedAt }])
    expect(outcomes).toEqual(['cosigned', 'cosigned'])
  })

  it('cosigns the same checkpoint again', async () => {
    await status(requestFor(0, 300))
    expect(await status(requestFor(300, 300))).toBe(200)
  })

  it('answers 409 with the size that it knows when the log has forgotten it', async () => {
    await status(requestFor(0, 300))
    const response = await post(await requestFor(0, 700))
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      409,
      'text/x.tlog.size',
      '300\n',
    ])
    expect(outcomes.at(-1)).toBe('out_of_step')
  })

  it('refuses a log that was put back to an earlier state', async () => {
    await status(requestFor(0, 700))
    expect(await status(requestFor(300, 300))).toBe(409)
    expect(await status(requestFor(0, 500))).toBe(409)
    expect(outcomes.slice(1)).toEqual(['rolled_back', 'rolled_back'])
  })

  it('refuses a log that was rewritten and signed anew with its own key', async () => {
    await status(requestFor(0, 300))
    expect(await status(requestFor(300, 700, { leaves: forkedData }))).toBe(422)
    expect(await status(requestFor(300, 300, { leaves: forkedData }))).toBe(409)
    expect(outcomes.slice(1)).toEqual(['forked', 'forked'])
    // Honest all the same afterwards.
    expect(await status(requestFor(300, 700))).toBe(200)
  })

  it('refuses a proof of something else, a missing one and a superfluous one', async () => {
    await status(requestFor(0, 300))
    const head = await signCheckpoint(headOf(data), [log])
    const wrong = await proveConsistency(256, 700, new TileHashReader(store.head, store.read))
    expect(await status(formatAddCheckpoint({ oldSize: 300, proof: wrong, checkpoint: head }))).toBe(422)
    expect(await status(formatAddCheckpoint({ oldSize: 300, proof: [], checkpoint: head }))).toBe(422)
    const same = await signCheckpoint(headOf(data.slice(0, 300)), [log])
    expect(await status(formatAddCheckpoint({ oldSize: 300, proof: wrong, checkpoint: same }))).not.toBe(200)
  })

  it('answers 404 for a log that it does not watch and 403 for a key that it does not know', async () => {
    const other = await makeKeys('another.example/log')
    const body = (await requestFor(0, 300)).replace(`\n${origin}\n`, '\nanother.example/log\n')
    expect(await status(body)).toBe(404)
    expect(await status(requestFor(0, 300, { keys: [stranger] }))).toBe(403)
    expect(await status(requestFor(0, 300, { keys: [other] }))).toBe(403)
    expect(await readdir(folder)).toEqual(['lock'])
  })

  it('takes any of the keys of a log while one replaces the other', async () => {
    await status(requestFor(0, 300))
    expect(await status(requestFor(300, 500, { keys: [newer] }))).toBe(200)
    expect(await status(requestFor(500, 700, { keys: [log, newer] }))).toBe(200)
  })

  it('answers 400 for an old size beyond the checkpoint, and for garbage', async () => {
    expect(await status(requestFor(400, 300))).toBe(400)
    for (const body of ['', 'old', 'old 0\n', 'old 0\n\nnothing\n', `old 0\n\n${'x'.repeat(100_000)}`]) {
      expect(await status(body)).toBe(400)
    }
  })

  it('handles requests that come at once one after the other', async () => {
    await status(requestFor(0, 100))
    const bodies = await Promise.all([200, 300, 400, 500].map((size) => requestFor(100, size)))
    const statuses = await Promise.all(bodies.map((body) => status(body)))
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409])
  })

  it('remembers what it cosigned when it starts again', async () => {
    await status(requestFor(0, 300))
    await state.close()
    state = await WitnessFolder.open(folder)
    open(state)
    expect(await status(requestFor(0, 700, { leaves: forkedData }))).toBe(409)
    expect(await status(requestFor(300, 700, { leaves: forkedData }))).toBe(422)
    expect(await status(requestFor(300, 700))).toBe(200)
  })

  it('gives no cosignature when it cannot remember, and asks for nothing to be forgotten', async () => {
    open({ read: (name) => state.read(name), write: () => Promise.reject(new Error('the disk is full')) })
    const response = await post(await requestFor(0, 300))
    expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining('—')])
    open(state)
    expect(await status(requestFor(0, 500))).toBe(200)
    // Remembered, but the answer never left: the log asks again from what it knew.
    open({
      read: (name) => state.read(name),
      write: async (name, head) => {
        await state.write(name, head)
        throw new Error('the power is gone')
      },
    })
    expect(await status(requestFor(500, 700))).toBe(500)
    open(state)
    const conflict = await post(await requestFor(500, 700))
    expect([conflict.status, await conflict.text()]).toEqual([409, '700\n'])
    expect(await status(requestFor(700, 700))).toBe(200)
  })

  it('stops for a log whose state was damaged instead of beginning anew', async () => {
    await status(requestFor(0, 300))
    const file = (await readdir(folder)).find((name) => name !== 'lock') ?? ''
    for (const damage of [
      '',
      'garbage',
      `${origin}\n299\n`,
      'another.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n',
    ]) {
      await writeFile(join(folder, file), damage)
      expect(await status(requestFor(0, 700))).toBe(500)
      await expect(state.read(origin)).rejects.toMatchObject({ code: 'state_unreadable' })
    }
    expect(outcomes.slice(1)).toEqual(['failed', 'failed', 'failed', 'failed'])
    await expect(WitnessFolder.open(join(folder, file, 'below'))).rejects.toMatchObject({ code: 'state_unreadable' })
  })

  it('lets one process at a time work on a folder, and takes over from one that is dead', async () => {
    await writeFile(join(folder, 'lock'), String(process.ppid))
    await expect(WitnessFolder.open(folder)).rejects.toMatchObject({ code: 'state_busy' })
    await writeFile(join(folder, 'lock'), '999999999')
    await expect(WitnessFolder.open(folder)).resolves.toBeInstanceOf(WitnessFolder)
  })
})

describe('the server of a witness', () => {
  let server: Awaited<ReturnType<typeof serveWitness>>
  beforeAll(async () => {
    server = await serveWitness((request) => handle(request), { port: 0 })
  })
  afterAll(() => server.stop())

  it('listens on loopback and answers over a real socket', async () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const body = await requestFor(0, 300)
    const response = await fetch(`${server.url}/soc/add-checkpoint`, { method: 'POST', body })
    expect([response.status, await response.text()]).toEqual([
      200,
      expect.stringMatching(/^— soc\.example\/witness \S+\n$/),
    ])
  })

  it('cuts off what is too large and refuses other methods and paths', async () => {
    const large = fetch(`${server.url}/add-checkpoint`, { method: 'POST', body: 'x'.repeat(5_000_000) })
    expect(
      await large.then(
        (response) => response.status,
        () => 413,
      ),
    ).toBe(413)
    expect((await fetch(`${server.url}/add-checkpoint`)).status).toBe(405)
    expect((await fetch(server.url, { method: 'POST', body: 'old 0\n' })).status).toBe(404)
  })
})
