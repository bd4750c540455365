import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { verdicts } from '../../../src/evidence/verdict.ts'
import { problems } from '../../../src/http/problem.ts'
import { findingCodes } from '../../../src/schema/posture/finding-codes.ts'

// What somebody can get stands in a test: a code that nothing throws, and an option that nothing reads, would not be noticed otherwise.

const textsBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(
      (name) => name.endsWith('.ts') && !name.endsWith('named-in-tests.test.ts') && !name.endsWith('openapi.d.ts'),
    )
    .map((name) => readFileSync(join(folder, name), 'utf8'))
const tests = textsBelow('test').join('\n')
const errorCodes = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `(\w+)`/gm)].map(([, code = '']) => code)
const options = [
  ...textsBelow('src/cli')
    .join('\n')
    .matchAll(/'(?:-o, )?(--[a-z-]+)(?: <[^>]+>)?'/g),
].map(([, option = '']) => option)

it.each<[string, readonly string[], number]>([
  ['every code of an error', errorCodes, 70],
  ['every code of a finding of the posture', Object.keys(findingCodes), 50],
  ['every problem of the REST API', Object.keys(problems), 25],
  ['every verdict', verdicts, 15],
  ['every option of the command line', [...new Set(options)], 50],
])('%s', (_, names, least) => {
  expect(names.length).toBeGreaterThan(least)
  expect(names.filter((name) => !new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(tests))).toEqual([])
})
