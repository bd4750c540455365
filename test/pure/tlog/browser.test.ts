import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type * as Tlog from '../../../src/tlog/index.ts'
import { headOf, hex, inclusionProof, sampleData, sideBySide } from '../../support/merkle-reference.ts'

let tlog: typeof Tlog

// A browser has no `process.getBuiltinModule`; what Node has and a browser has not is hidden while the modules load.
beforeEach(async () => {
  vi.resetModules()
  const hidden = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
  tlog = await import('../../../src/tlog/index.ts')
  expect(hidden).toHaveBeenCalledWith('node:crypto')
  hidden.mockRestore()
})
afterEach(() => {
  vi.resetModules()
})

test('a browser makes, signs and verifies the same proofs', async () => {
  const data = sampleData(300)
  const edge = new tlog.RightEdge()
  edge.append(tlog.hashLeaves(sideBySide(data)))
  const rootHash = edge.root()
  expect(hex(rootHash)).toEqual(hex(headOf(data).rootHash))

  const { signerKey, verifierKey } = await tlog.generateKey('log.example/browser')
  const text = tlog.formatCheckpoint({ origin: 'log.example/browser', size: 300, rootHash, extensions: [] })
  const checkpoint = await tlog.signNote(text, [await tlog.createSigner(signerKey)])
  const proof = tlog.formatTlogProof({ index: 299, hashes: inclusionProof(299, data), checkpoint })
  const policy = tlog.trustLogs([verifierKey])

  expect(tlog.createVerifier(verifierKey).verify(new Uint8Array(0), new Uint8Array(64))).toBeInstanceOf(Promise)
  expect(await tlog.verifyTlogProof(proof, data[299]!, policy)).toMatchObject({ index: 299 })
  await expect(tlog.verifyTlogProof(proof, data[298]!, policy)).rejects.toMatchObject({ code: 'proof_invalid' })
  await expect(tlog.verifyTlogProof(proof.replace('\n300\n', '\n301\n'), data[299]!, policy)).rejects.toMatchObject({
    code: 'signature_invalid',
  })
})

test('a witness in a browser cosigns with its key', async () => {
  const { signerKey, verifierKey } = await tlog.generateKey('witness.example/browser', 'cosignature/v1')
  const text = tlog.formatCheckpoint({ origin: 'a', size: 0, rootHash: tlog.emptyRoot(), extensions: [] })
  const note = await tlog.signNote(text, [await tlog.createSigner(signerKey)])
  expect((await tlog.openNote(note, [tlog.createVerifier(verifierKey)])).signatures).toHaveLength(1)
})
