import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findingCodes } from '../../../../src/schema/posture/finding-codes.ts'

it('docs/posture.md has every code with its severity and meaning, in order', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/posture.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (\w+) +\| (.*?) *\|$/gm)].map(([, ...cells]) => cells)
  expect(rows).toEqual(Object.entries(findingCodes).map(([code, { severity, meaning }]) => [code, severity, meaning]))
})
