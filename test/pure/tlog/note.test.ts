import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createVerifier,
  formatNote,
  formatSignatureLines,
  openNote,
  parseNote,
  parseSignatureLines,
  type Signer,
  signNote,
  signText,
  type Verifier,
} from '../../../src/tlog/index.ts'
import { codeOf, codeOfAsync } from '../../support/error-code.ts'
import { oneByteMutations } from '../../support/mutations.ts'
import { makeKeys, signaturesOf } from '../../support/tlog-fixtures.ts'

const one = await makeKeys('example.com/one')
const two = await makeKeys('example.com/two')
const text = 'What was said.\n\nÄnd öne line more.\n'
const note = await signNote(text, [one.signer])

test('a note that was signed opens to its text', async () => {
  const opened = await openNote(note, [one.verifier])
  expect(opened).toEqual({ text, signatures: signaturesOf(note), unknown: [] })
  expect(await openNote(new TextEncoder().encode(note), [one.verifier])).toEqual(opened)
})

test('a note has the form of the specification', () => {
  expect(note).toMatch(/^What was said\.\n\nÄnd öne line more\.\n\n\u{2014} example\.com\/one [A-Za-z0-9+/]{91}=\n$/u)
})

test('no note that was changed in one byte opens', async () => {
  for (const mutation of oneByteMutations(note)) {
    const verdict = await codeOfAsync(openNote(mutation, [one.verifier]))
    expect(['note_malformed', 'note_unverified', 'signature_invalid']).toContain(verdict)
  }
})

test('of a note with two signatures, a changed byte can at most cost one of them', async () => {
  // The specification has unknown signatures ignored, so a signature under another name is as good as none.
  const both = await signNote('two\n', [one.signer, two.signer])
  for (const mutation of oneByteMutations(both)) {
    try {
      const opened = await openNote(mutation, [one.verifier, two.verifier])
      expect(opened.text).toBe('two\n')
      expect(opened.signatures).toHaveLength(1)
      expect(signaturesOf(both)).toContainEqual(opened.signatures[0])
    } catch (error) {
      expect(error).toMatchObject({ name: 'AuditLogError' })
    }
  }
})

test('signatures of unknown keys are left aside, also those that share a name or an ID with a known one', async () => {
  const [known] = signaturesOf(note)
  const strangers = [
    { ...known!, name: 'example.com/other' },
    { ...known!, keyId: (known!.keyId + 1) % 2 ** 32 },
    { name: 'x', keyId: 0, signature: new Uint8Array(2428) },
  ]
  const opened = await openNote(formatNote({ text, signatures: [...strangers, known!] }), [one.verifier])
  expect(opened.signatures).toEqual([known])
  expect(opened.unknown).toEqual(strangers)
})

test('one wrong signature of a known key spoils the note, whatever else signed it', async () => {
  const both = await signNote(text, [one.signer, two.signer])
  const [first, second] = signaturesOf(both)
  const wrong = { ...second!, signature: first!.signature }
  const verifiers = [one.verifier, two.verifier]
  expect(await codeOfAsync(openNote(both, verifiers))).toBe('ok')
  expect(await codeOfAsync(openNote(formatNote({ text, signatures: [first!, wrong] }), verifiers))).toBe(
    'signature_invalid',
  )
  // Also after a right one by the same key.
  expect(await codeOfAsync(openNote(formatNote({ text, signatures: [first!, second!, wrong] }), verifiers))).toBe(
    'signature_invalid',
  )
})

test('a key that was changed opens new notes beside the old ones', async () => {
  const renewed = await makeKeys('example.com/one')
  const verifiers = [one.verifier, renewed.verifier]
  expect(await codeOfAsync(openNote(note, verifiers))).toBe('ok')
  expect(await codeOfAsync(openNote(await signNote(text, [renewed.signer]), verifiers))).toBe('ok')
  expect(await codeOfAsync(openNote(note, [renewed.verifier]))).toBe('note_unverified')
})

test('nobody is trusted by default', async () => {
  expect(await codeOfAsync(openNote(note, []))).toBe('note_unverified')
})

test('two verifiers for the same key are a mistake', async () => {
  expect(await codeOfAsync(openNote(note, [one.verifier, createVerifier(one.verifierKey)]))).toBe('option_invalid')
})

test('only true is a yes', async () => {
  for (const verdict of [1, 'true', {}, undefined, null]) {
    const lax = { ...one.verifier, verify: () => verdict } as unknown as Verifier
    expect(await codeOfAsync(openNote(note, [lax]))).toBe('signature_invalid')
  }
})

test('signers and verifiers of the host may be objects with methods, and slow', async () => {
  class Slow implements Signer, Verifier {
    readonly name = 'slow'
    readonly keyId = 0xffff_ffff
    readonly #answer = Uint8Array.of(1, 2, 3)
    async sign(): Promise<Uint8Array> {
      return this.#answer
    }
    async verify(_: Uint8Array, signature: Uint8Array): Promise<boolean> {
      return signature.every((byte, index) => byte === this.#answer[index])
    }
  }
  const { text, signatures } = await openNote(await signNote('slow\n', [new Slow()]), [new Slow()])
  expect([text, signatures]).toEqual([
    'slow\n',
    [{ name: 'slow', keyId: 0xffff_ffff, signature: Uint8Array.of(1, 2, 3) }],
  ])
})

test('new signatures come after those that are there', async () => {
  const more = await signNote(text, [two.signer], signaturesOf(note))
  expect(more.startsWith(note)).toBe(true)
  expect((await openNote(more, [one.verifier, two.verifier])).signatures).toHaveLength(2)
})

test('signature lines can stand alone', async () => {
  const signature = await signText(text, one.signer)
  const lines = formatSignatureLines([signature])
  expect(note).toBe(`${text}\n${lines}`)
  expect(parseSignatureLines(lines)).toEqual([signature])
})

test('a note that is parsed is the one that was formatted', () => {
  const lines = fc.array(fc.string({ unit: 'binary' }).map((line) => line.replaceAll(/\p{Cc}/gu, '')))
  const signature = fc.record({
    name: fc.constantFrom('a', 'example.com/ä', '\u{1f511}'),
    keyId: fc.nat(0xffff_ffff),
    signature: fc.uint8Array({ minLength: 1 }),
  })
  fc.assert(
    fc.property(lines, fc.array(signature, { minLength: 1, maxLength: 16 }), (lines, signatures) => {
      const unverified = { text: `${lines.join('\n')}\n`, signatures }
      expect(parseNote(formatNote(unverified))).toEqual(unverified)
    }),
  )
})

describe('a note is refused that', () => {
  const line = note.slice(text.length + 1)
  const refused: Record<string, unknown> = {
    'is empty': '',
    'has no signatures': text,
    'has no signatures after the empty line': `${text}\n`,
    'has no text': line,
    'has no empty line': `text\n${line}`,
    'does not end in a newline': note.slice(0, -1),
    'ends in an empty line': `${note}\n`,
    'has a carriage return': note.replaceAll('\n', '\r\n'),
    'has a tab': note.replace(' was', '\twas'),
    'has a NUL': note.replace(' was', '\0was'),
    'has a hyphen for the dash': note.replace('\u{2014}', '-'),
    'has an en dash': note.replace('\u{2014}', '\u{2013}'),
    'has no space after the dash': note.replace('\u{2014} ', '\u{2014}'),
    'has two spaces after the dash': note.replace('\u{2014} ', '\u{2014}  '),
    'has two spaces before the signature': note.replace('one ', 'one  '),
    'has something after the signature': note.replace('=\n', '= x\n'),
    'has a key name with a plus': note.replace('/one', '+one'),
    'has a key name with a wide space': note.replace('/one', '\u{3000}one'),
    'has no key name': note.replace('example.com/one', ''),
    'has no padding': note.replace('=\n', '\n'),
    'has more padding': note.replace('=\n', '==\n'),
    'has stray bits in the padding': note.replace(
      /(.)=\n$/,
      (_, last: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}=\n`,
    ),
    'has base64 for URLs': note.replace(/ [^ ]*\n$/, ' __________8=\n'),
    'has a key ID and no signature': note.replace(/ [^ ]*\n$/, ' AAAAAA==\n'),
    'has half a key ID': note.replace(/ [^ ]*\n$/, ' AAA=\n'),
    'has 101 signatures': `${text}\n${line.repeat(101)}`,
    'has a lone surrogate': note.replace('said', '\u{d800}'),
    'is not UTF-8': Uint8Array.of(0xff, ...new TextEncoder().encode(note)),
    'begins with a byte order mark in its signatures': note.replace('\u{2014}', '\u{feff}\u{2014}'),
    'is 100 MB of garbage': new Uint8Array(1e8).fill(0x41),
    'is no text at all': 42,
    'is null': null,
  }
  test.each(Object.entries(refused))('%s', (_, note) => {
    expect(codeOf(() => parseNote(note as string))).toBe('note_malformed')
  })
})

test('a hundred signatures are accepted', () => {
  expect(parseNote(`${text}\n${note.slice(text.length + 1).repeat(100)}`).signatures).toHaveLength(100)
})

test('a text that can be no note is not signed', async () => {
  for (const text of ['', 'no newline', 'tab\t\n', 'return\r\n', '\u{dfff}\n']) {
    expect(await codeOfAsync(signNote(text, [one.signer]))).toBe('note_malformed')
  }
  expect(await codeOfAsync(signNote('text\n', []))).toBe('note_malformed')
})

test('a key ID that is no unsigned 32-bit number is not written', () => {
  for (const keyId of [-1, 2 ** 32, 0.5, Number.NaN]) {
    const signature = { name: 'a', keyId, signature: new Uint8Array(1) }
    expect(codeOf(() => formatNote({ text, signatures: [signature] }))).toBe('note_malformed')
  }
})

test('a byte order mark is part of the text, not swallowed', async () => {
  const marked = await signNote('\u{feff}text\n', [one.signer])
  expect((await openNote(new TextEncoder().encode(marked), [one.verifier])).text).toBe('\u{feff}text\n')
  expect(await codeOfAsync(openNote(new TextEncoder().encode(marked.slice(1)), [one.verifier]))).toBe(
    'signature_invalid',
  )
})
