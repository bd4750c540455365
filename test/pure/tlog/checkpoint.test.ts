import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Checkpoint, emptyRoot, formatCheckpoint, parseCheckpoint } from '../../../src/tlog/index.ts'
import { codeOf } from '../../support/error-code.ts'
import { oneByteMutations } from '../../support/mutations.ts'

const root = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
const text = `log.example/audit\n40717263\n${root}\n`

test('a checkpoint is origin, size and root', () => {
  const checkpoint: Checkpoint = {
    origin: 'log.example/audit',
    size: 40_717_263,
    rootHash: emptyRoot(),
    extensions: [],
  }
  expect(formatCheckpoint(checkpoint)).toBe(text)
  expect(parseCheckpoint(text)).toEqual(checkpoint)
})

test('extension lines follow', () => {
  const { extensions, ...head } = parseCheckpoint(`${text}one two\nthree\n`)
  expect(extensions).toEqual(['one two', 'three'])
  expect(head).toEqual({ origin: 'log.example/audit', size: 40_717_263, rootHash: emptyRoot() })
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
    'has a leading zero': text.replace('407', '0407'),
    'has a sign': text.replace('407', '+407'),
    'has a negative size': text.replace('407', '-407'),
    'has a fraction': text.replace('407', '4.07'),
    'has an exponent': text.replace('40717263', '4e7'),
    'has a hexadecimal size': text.replace('40717263', '0x26d4c4f'),
    'has digits of another script': text.replace('4071', '\u{0664}\u{0660}\u{0667}\u{0661}'),
    'has a size of 2^53': text.replace('40717263', '9007199254740992'),
    'has a size of 2^64': text.replace('40717263', '18446744073709551616'),
    'has a space after the size': text.replace('263\n', '263 \n'),
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
