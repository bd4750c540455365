import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Checkpoint, emptyRoot, formatCheckpoint, parseCheckpoint } from '../../../src/tlog/index.ts'
import { codeOf } from '../../support/error-code.ts'
import { oneByteMutations } from '../../support/mutations.ts'

const root = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
const text = `log.example/audit\n20852163\n${root}\n`

test('a checkpoint is origin, size and root', () => {
  const checkpoint: Checkpoint = {
    origin: 'log.example/audit',
    size: 20_852_163,
    rootHash: emptyRoot(),
    extensions: [],
  }
  expect(formatCheckpoint(checkpoint)).toBe(text)
  expect(parseCheckpoint(text)).toEqual(checkpoint)
})

test('extension lines follow', () => {
  const { extensions, ...head } = parseCheckpoint(`${text}one two\nthree\n`)
  expect(extensions).toEqual(['one two', 'three'])
  expect(head).toEqual({ origin: 'log.example/audit', size: 20_852_163, rootHash: emptyRoot() })
})

test('a checkpoint that is parsed is the one that was formatted', () => {
  const line = fc.string({ unit: 'binary' }).map((line) => `.${line.replaceAll(/\p{Cc}/gu, '')}`)
  const checkpoint = fc.record({
    origin: line,
    size: fc.maxSafeNat(),
    rootHash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    extensions: fc.array(line, { maxLength: 3 }),
  })
  fc.assert(
    fc.property(checkpoint, (checkpoint) => {
      expect(parseCheckpoint(formatCheckpoint(checkpoint))).toEqual(checkpoint)
    }),
  )
})

test('no two texts are the same checkpoint', () => {
  // Without a signature a changed byte can make another checkpoint, but none can mean what the original does.
  for (const mutation of oneByteMutations(`${text}extension\n`)) {
    const changed = Buffer.from(mutation).toString('latin1')
    let parsed: Checkpoint | undefined
    expect(codeOf(() => (parsed = parseCheckpoint(changed)))).toMatch(/^(ok|checkpoint_malformed)$/)
    if (parsed !== undefined) expect(formatCheckpoint(parsed)).toBe(changed)
  }
})

describe('a text is no checkpoint that', () => {
  const refused: Record<string, string> = {
    'is empty': '',
    'has two lines': `log.example/audit\n5\n`,
    'does not end in a newline': text.slice(0, -1),
    'ends in an empty line': `${text}\n`,
    'has an empty extension line': `${text}\nmore\n`,
    'has no origin': text.slice(text.indexOf('\n')),
    'has a leading zero': text.replace('208', '0208'),
    'has a sign': text.replace('208', '+208'),
    'has a negative size': text.replace('208', '-208'),
    'has a fraction': text.replace('208', '2.08'),
    'has an exponent': text.replace('20852163', '2e7'),
    'has a hexadecimal size': text.replace('20852163', '0x13e2e03'),
    'has digits of another script': text.replace('2085', '\u{0662}\u{0660}\u{0668}\u{0665}'),
    'has a size of 2^53': text.replace('20852163', '9007199254740992'),
    'has a size of 2^64': text.replace('20852163', '18446744073709551616'),
    'has a space after the size': text.replace('163\n', '163 \n'),
    'has no root': text.replace(root, ''),
    'has a root of 31 bytes': text.replace(root, 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=='),
    'has a root of 33 bytes': text.replace(root, 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
    'has a root in hexadecimal': text.replace(root, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'),
    'has a root with stray bits': text.replace('uFU=', 'uFV='),
    'has a root without padding': text.replace('uFU=', 'uFU'),
    'has a control character': text.replace('audit', 'au\tdit'),
  }
  test.each(Object.entries(refused))('%s', (_, text) => {
    expect(codeOf(() => parseCheckpoint(text))).toBe('checkpoint_malformed')
  })
})

test('what cannot be read back is not written', () => {
  const good: Checkpoint = { origin: 'a', size: 1, rootHash: emptyRoot(), extensions: [] }
  for (const bad of [
    { origin: '' },
    // Whoever chooses the origin must not be able to choose the size with it.
    { origin: `a\n5\n${root}` },
    { origin: '\u{d800}' },
    { size: 2 ** 53 },
    { size: -1 },
    { size: 0.5 },
    { rootHash: new Uint8Array(31) },
    { extensions: [''] },
    { extensions: ['a\nb'] },
  ]) {
    expect(codeOf(() => formatCheckpoint({ ...good, ...bad }))).toBe('checkpoint_malformed')
  }
})
