// Reads vitest's output and prints its count as "N passed, N failed, N skipped", which every CI can read.
import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

const output = stripVTControlCharacters(readFileSync(process.argv[2], 'utf8'))
const tests = output.match(/^\s*Tests\s+(.*)$/m)?.[1] ?? ''
const count = (kind) => Number(tests.match(new RegExp(`(\\d+) ${kind}`))?.[1] ?? 0)
console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`)
if (count('passed') === 0) process.exitCode = 1
