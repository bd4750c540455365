import { describe, expect, test } from 'vitest'
import { meetsQuorum, parsePolicy, type Policy, trustLogs } from '../../../src/tlog/index.ts'
import { codeOf } from '../../support/error-code.ts'
import { oneByteMutations } from '../../support/mutations.ts'
import { makeKeys, origin } from '../../support/tlog-fixtures.ts'

const log = (await makeKeys(origin)).verifierKey
const witnesses = await Promise.all(
  ['x1', 'x2', 'x3', 'y1', 'y2', 'y3'].map(async (name) => {
    return (await makeKeys(`witness.example/${name}`, 'cosignature/v1')).verifierKey
  }),
)
const [x1, x2, x3, y1, y2, y3] = witnesses as [string, string, string, string, string, string]

const file = `# Two of our own and one of theirs.
log ${log} https://log.example/audit/

witness X1 ${x1}
witness X2 ${x2} https://x2.example/
witness X3 ${x3}
group ours 2 X1 X2 X3
\t witness  Y1\t${y1}
witness Y2 ${y2}
witness Y3 ${y3}
group theirs any Y1 Y2 Y3
  # comment
group everybody all ours theirs
quorum everybody
`

test('a policy file tells logs, witnesses, groups and the quorum', () => {
  const policy = parsePolicy(file)
  expect(policy.logs.map(({ verifier, url }) => [verifier.name, url])).toEqual([[origin, 'https://log.example/audit/']])
  expect(policy.witnesses.map(({ name, verifier, url }) => [name, verifier.name, url])).toEqual([
    ['X1', 'witness.example/x1', undefined],
    ['X2', 'witness.example/x2', 'https://x2.example/'],
    ['X3', 'witness.example/x3', undefined],
    ['Y1', 'witness.example/y1', undefined],
    ['Y2', 'witness.example/y2', undefined],
    ['Y3', 'witness.example/y3', undefined],
  ])
  expect(policy.groups).toEqual([
    { name: 'ours', threshold: 2, members: ['X1', 'X2', 'X3'] },
    { name: 'theirs', threshold: 1, members: ['Y1', 'Y2', 'Y3'] },
    { name: 'everybody', threshold: 2, members: ['ours', 'theirs'] },
  ])
  expect(policy.quorum).toBe('everybody')
})

test.each([
  [[], false],
  [['X1', 'X2'], false],
  [['Y1', 'Y2', 'Y3'], false],
  [['X1', 'Y1'], false],
  [['X1', 'X1', 'Y1'], false],
  [['X1', 'X3', 'Y2'], true],
  [['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3'], true],
  [['Z1', 'Z2', 'Z3'], false],
])('that %j cosigned meets the quorum: %j', (cosigned, expected) => {
  expect(meetsQuorum(parsePolicy(file), cosigned)).toBe(expected)
})

test('a quorum can be a single witness or nobody', () => {
  const single = parsePolicy(`witness w ${x1}\nquorum w\n`)
  expect([meetsQuorum(single, ['w']), meetsQuorum(single, [])]).toEqual([true, false])
  const none = parsePolicy('quorum none\n')
  expect([none.logs, none.witnesses, meetsQuorum(none, [])]).toEqual([[], [], true])
})

test('a policy put together by hand without a quorum trusts nobody', () => {
  const policy = { ...parsePolicy('quorum none\n'), quorum: undefined } as unknown as Policy
  expect(meetsQuorum(policy, [])).toBe(false)
})

test('a log whose key was changed has two keys', async () => {
  const renewed = (await makeKeys(origin)).verifierKey
  expect(parsePolicy(`log ${log}\nlog ${renewed}\nquorum none\n`).logs).toHaveLength(2)
})

test('names are compared octet by octet, also those that are not UTF-8', () => {
  const kelvin = parsePolicy(`witness K ${x1}\nwitness \u{212a} ${x2}\ngroup both all K \u{212a}\nquorum both\n`)
  expect(kelvin.witnesses.map(({ name }) => name)).toEqual(['K', '\u{212a}'])
  const latin1 = Buffer.from(`# caf\u{e9}\nwitness \u{e9} ${x1}\nwitness \u{e8} ${x2}\nquorum \u{e9}\n`, 'latin1')
  const policy = parsePolicy(latin1)
  expect([meetsQuorum(policy, [policy.witnesses[0]!.name]), meetsQuorum(policy, [policy.witnesses[1]!.name])]).toEqual([
    true,
    false,
  ])
})

test('many logs, witnesses and groups are accepted', async () => {
  const lines = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const [log, witness] = [
        await makeKeys(`log.example/${index}`),
        await makeKeys(`w.example/${index}`, 'cosignature/v1'),
      ]
      const member = index === 0 ? `w0` : `w${index} g${index - 1}`
      return `log ${log.verifierKey}\nwitness w${index} ${witness.verifierKey}\ngroup g${index} all ${member}\n`
    }),
  )
  const policy = parsePolicy(`${lines.join('')}quorum g39\n`)
  const everybody = policy.witnesses.map(({ name }) => name)
  expect([meetsQuorum(policy, everybody), meetsQuorum(policy, everybody.slice(1))]).toEqual([true, false])
})

test('the error names the line and not what stands there', () => {
  expect(() => parsePolicy(`# policy\nwitness w ${log}\n`)).toThrow(/^line 2: (?!.*log\.example)/)
})

describe('a policy is refused that', () => {
  const w = `witness w ${x1}\nwitness v ${x2}\n`
  const refused: Record<string, string | Uint8Array> = {
    'is empty': '',
    'is one empty line': '\n',
    'has no quorum': w,
    'has two quorum lines': `${w}quorum w\nquorum w\n`,
    'has no newline at the end': `${w}quorum w`,
    'names a quorum that is not defined': `${w}quorum x\n`,
    'names a quorum that is defined later': `quorum w\n${w}`,
    'names no quorum': 'quorum\n',
    'names two quorums': `${w}quorum w v\n`,
    'has a keyword in capitals': `${w}QUORUM w\n`,
    'has an unknown keyword': `${w}witnesses w\nquorum w\n`,
    'has a log without a key': 'log\nquorum none\n',
    'has something after the URL of a log': `log ${log} a b\nquorum none\n`,
    'has a witness without a key': 'witness w\nquorum none\n',
    'has something after the URL of a witness': `witness w ${x1} a b\nquorum none\n`,
    'names a witness none': `witness none ${x1}\nquorum none\n`,
    'names a group none': `${w}group none all w\nquorum none\n`,
    'names two witnesses the same': `witness w ${x1}\nwitness w ${x2}\nquorum w\n`,
    'names a group like a witness': `${w}group w any v\nquorum w\n`,
    'lists a log twice': `log ${log}\nlog ${log}\nquorum none\n`,
    'lists a witness twice under two names': `witness w ${x1}\nwitness v ${x1}\nquorum w\n`,
    'has a group without members': `${w}group g all\nquorum g\n`,
    'has a group without a number': `${w}group g w v\nquorum g\n`,
    'has a group of none': `${w}group g 0 w v\nquorum g\n`,
    'has a group that asks for too many': `${w}group g 3 w v\nquorum g\n`,
    'has a group with a leading zero': `${w}group g 01 w v\nquorum g\n`,
    'has a group with a negative number': `${w}group g -1 w v\nquorum g\n`,
    'has a member twice in one group': `${w}group g any w w\nquorum g\n`,
    'has a member in two groups': `${w}group g any w\ngroup h any w\nquorum g\n`,
    'has none as a member': `${w}group g any none\nquorum g\n`,
    'has a group in itself': `${w}group g any w g\nquorum g\n`,
    'has a member that is defined later': `group g any w\n${w}quorum g\n`,
    'has a carriage return': `${w}quorum w\r\n`,
    'has a NUL': `${w}# \0\nquorum w\n`,
    'has a DEL': `${w}# \u{7f}\nquorum w\n`,
    'has a vertical tab for a space': `${w}quorum\vw\n`,
    'has a wide space for a space': `${w}quorum\u{3000}w\n`,
    'is 100 MB of garbage': new Uint8Array(1e8).fill(0xff),
    'is null': null as unknown as string,
  }
  test.each(Object.entries(refused))('%s', (_, policy) => {
    expect(codeOf(() => parsePolicy(policy))).toBe('policy_malformed')
  })

  test('has a key of the wrong type, or a damaged one', () => {
    expect(codeOf(() => parsePolicy(`log ${x1}\nquorum none\n`))).toBe('key_unsupported')
    expect(codeOf(() => parsePolicy(`witness w ${log}\nquorum w\n`))).toBe('key_unsupported')
    expect(codeOf(() => parsePolicy(`witness w ${x1.slice(1)}\nquorum w\n`))).toBe('key_malformed')
    expect(codeOf(() => trustLogs([x1]))).toBe('key_unsupported')
  })
})

test('a changed byte is refused or means nothing: what a policy says can only differ in blanks', () => {
  const policy = `log ${log}\nwitness soc ${x1}\nwitness csirt ${x2}\ngroup both 1 soc csirt\nquorum both\n`
  const words = (text: string): string[] => text.split(/[\t\n ]+/).filter((word) => word !== '')
  for (const mutation of oneByteMutations(policy)) {
    const changed = Buffer.from(mutation).toString('latin1')
    const verdict = codeOf(() => parsePolicy(mutation))
    if (verdict === 'ok') expect(words(changed)).toEqual(words(policy))
    else expect(['policy_malformed', 'key_malformed', 'key_unsupported']).toContain(verdict)
  }
})
