import { randomBytes } from 'node:crypto'

/** A name that nothing else has, not even the same test when it is run once more. */
export function unique(name: string): string {
  return `${name}-${randomBytes(4).toString('hex')}`
}
