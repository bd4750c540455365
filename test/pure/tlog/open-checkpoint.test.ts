import { describe, expect, test } from 'vitest'
import {
  addCosignatures,
  createVerifier,
  formatSignatureLines,
  openCheckpoint,
  parseNote,
  parsePolicy,
  type Policy,
  signNote,
  signText,
  trustLogs,
} from '../../../src/tlog/index.ts'
import { codeOfAsync } from '../../support/error-code.ts'
import { headOf, sampleData } from '../../support/merkle-reference.ts'
import { oneByteMutations } from '../../support/mutations.ts'
import { cosignedAt, makeKeys, origin, signaturesOf, signCheckpoint } from '../../support/tlog-fixtures.ts'

const log = await makeKeys(origin)
const foreign = await makeKeys('other.example/log')
const [w1, w2, w3] = await Promise.all(
  ['w1', 'w2', 'w3'].map((name) => makeKeys(`witness.example/${name}`, 'cosignature/v1')),
)
const head = headOf(sampleData(5))
const policy = parsePolicy(`log ${log.verifierKey}
log ${foreign.verifierKey}
witness soc ${w1!.verifierKey}
witness csirt ${w2!.verifierKey}
group both all soc csirt
quorum both
`)
const checkpoint = await signCheckpoint(head, [log, w1!, w2!])
const verdict = (note: string | Uint8Array, by: Policy): Promise<string> => codeOfAsync(openCheckpoint(note, by))

test('a checkpoint that its log and the quorum signed opens to the tree head', async () => {
  expect(await openCheckpoint(checkpoint, policy)).toEqual({
    origin,
    ...head,
    extensions: [],
    signatures: signaturesOf(checkpoint),
    cosignatures: [
      { witness: 'soc', timeSeconds: cosignedAt },
      { witness: 'csirt', timeSeconds: cosignedAt },
    ],
  })
})

test('without witnesses the key of the log is enough', async () => {
  const alone = await signCheckpoint(head, [log])
  expect(await openCheckpoint(alone, trustLogs([log.verifierKey]))).toMatchObject({ ...head, cosignatures: [] })
  expect(await openCheckpoint(checkpoint, trustLogs([createVerifier(log.verifierKey)]))).toMatchObject(head)
})

test('no checkpoint that was changed in one byte opens', async () => {
  for (const mutation of oneByteMutations(checkpoint)) expect(await verdict(mutation, policy)).not.toBe('ok')
})

describe('a checkpoint is refused', () => {
  test('of a log that the policy does not name', async () => {
    expect(await verdict(checkpoint, trustLogs([foreign.verifierKey]))).toBe('checkpoint_foreign')
    expect(await verdict(checkpoint, trustLogs([]))).toBe('checkpoint_foreign')
  })
  test('that another log of the policy signed in its place', async () => {
    expect(await verdict(await signCheckpoint(head, [foreign, w1!, w2!]), policy)).toBe('note_unverified')
  })
  test('that only witnesses signed', async () => {
    expect(await verdict(await signCheckpoint(head, [w1!, w2!]), policy)).toBe('note_unverified')
  })
  test('that a witness signed with the key type of a log', async () => {
    // The witness's key under the log's name is another key: its ID covers name and type.
    const disguised = signaturesOf(await signCheckpoint(head, [w1!, w2!])).map((signature) => ({
      ...signature,
      name: origin,
    }))
    const { text } = parseNote(checkpoint)
    expect(await verdict(await signNote(text, [w1!.signer, w2!.signer], disguised), policy)).toBe('note_unverified')
  })
  test('that too few witnesses signed', async () => {
    expect(await verdict(await signCheckpoint(head, [log, w1!]), policy)).toBe('quorum_missing')
    expect(await verdict(await signCheckpoint(head, [log, w1!, w3!]), policy)).toBe('quorum_missing')
  })
  test('that one witness signed twice', async () => {
    expect(await verdict(await signCheckpoint(head, [log, w1!, w1!]), policy)).toBe('quorum_missing')
  })
  test('with a wrong signature of a witness beside the quorum', async () => {
    const any = parsePolicy(
      `log ${log.verifierKey}\nwitness a ${w1!.verifierKey}\nwitness b ${w2!.verifierKey}\nquorum a\n`,
    )
    expect(await verdict(checkpoint, any)).toBe('ok')
    const stale = signaturesOf(await signCheckpoint(headOf(sampleData(4)), [w2!]))
    const { text } = parseNote(checkpoint)
    expect(await verdict(await signNote(text, [log.signer, w1!.signer], stale), any)).toBe('signature_invalid')
  })
  test('that is a signed note and no checkpoint', async () => {
    expect(await verdict(await signNote('text\n', [log.signer]), policy)).toBe('checkpoint_malformed')
  })
  test('that is no note', async () => {
    expect(await verdict('', policy)).toBe('note_malformed')
    expect(await verdict(new Uint8Array(1e8), policy)).toBe('note_malformed')
  })
})

test('a checkpoint gathers its quorum from the answers of witnesses', async () => {
  let note = await signCheckpoint(head, [log])
  for (const witness of [w1!, w2!]) {
    expect(await verdict(note, policy)).toBe('quorum_missing')
    const answer = formatSignatureLines([await signText(parseNote(note).text, witness.signer)])
    note = await addCosignatures(note, answer, [witness.verifier])
  }
  expect(await verdict(note, policy)).toBe('ok')
})

test('a key that was changed: old checkpoints stay good, and new ones are', async () => {
  const renewed = await makeKeys(origin)
  const both = trustLogs([log.verifierKey, renewed.verifierKey])
  expect(await verdict(checkpoint, both)).toBe('ok')
  expect(await verdict(await signCheckpoint(head, [renewed]), both)).toBe('ok')
  expect(await verdict(await signCheckpoint(head, [log, renewed]), both)).toBe('ok')
  expect(await verdict(await signCheckpoint(head, [renewed]), trustLogs([log.verifierKey]))).toBe('note_unverified')
})

test('without a policy nothing is opened, whatever the checkpoint is', async () => {
  const nones: unknown[] = [undefined, null, {}, [], 'log']
  for (const none of nones) {
    expect(await verdict(checkpoint, none as Policy)).toBe('option_invalid')
  }
})
