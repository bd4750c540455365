import fc from 'fast-check'

/** Doubles by their bits, so that every one is as likely as every other: subnormals, powers of two, neighbours of integers. */
export const anyDouble: fc.Arbitrary<number> = fc
  .tuple(fc.maxSafeNat(), fc.nat(0x7fe), fc.boolean())
  .map(([fraction, exponent, negative]) => {
    const view = new DataView(new ArrayBuffer(8))
    view.setBigUint64(0, (BigInt(exponent) << 52n) | (BigInt(fraction) & 0xfffffffffffffn))
    return negative ? -view.getFloat64(0) : view.getFloat64(0)
  })

const numbers = fc.oneof(
  anyDouble,
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  // Decimals as people write them, and around the places where ECMAScript changes over to exponents.
  fc
    .tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: -330, max: 305 }))
    .map(([n, e]) => Number(`${n}e${e}`))
    .filter(Number.isFinite),
  fc.constantFrom(
    0,
    -0,
    1e21,
    1e-7,
    1e-6,
    999999999999999900000,
    5e-324,
    2 ** 53,
    -(2 ** 53),
    2 ** 53 + 2,
    1.7976931348623157e308,
  ),
)

/** Well-formed strings with what breaks encoders: controls, quotes, and both sides of the order of code units and bytes. */
export const anyText: fc.Arbitrary<string> = fc
  .oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom(
        '\u0000',
        '\u0001',
        '\b',
        '\t',
        '\n',
        '\u001f',
        '"',
        '\\',
        '/',
        '\u007f',
        '\u0080',
        '\u2028',
        '\ud7ff',
        '\ue000',
        '\ufffd',
        '\uffff',
        '\u{10000}',
        '\u{10ffff}',
        '\\u0000',
        '\\ud800',
        'a',
        '1',
      ),
    }),
  )
  .map((text) => text.toWellFormed())

const names = fc.oneof(
  anyText,
  fc.constantFrom('__proto__', 'constructor', 'toString', 'toJSON', '', '10', '9', '01', 'length'),
)

/** Any I-JSON value (RFC 7493) of a few levels. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom(null, true, false),
    numbers,
    anyText,
    fc.array(tie('value'), { maxLength: 6 }),
    tie('object'),
  ),
  object: fc.array(fc.tuple(names, tie('value')), { maxLength: 6 }).map((members) => Object.fromEntries(members)),
})).value

/** Any JSON object of a few levels. */
export const anyObject: fc.Arbitrary<Record<string, unknown>> = fc
  .array(fc.tuple(names, anyJson), { maxLength: 6 })
  .map((members) => Object.fromEntries(members))
