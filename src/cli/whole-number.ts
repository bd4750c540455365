import { InvalidArgumentError } from 'commander'

/** For options that take a whole number: leaves, a seq, milliseconds, days. */
export function wholeNumber(text: string): number {
  const number = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError('expected a whole number from 0 to 2^53-1.')
  return number
}
