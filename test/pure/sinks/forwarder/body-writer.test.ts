import { expect, it } from 'vitest'
import { BodyWriter } from '../../../../src/sinks/forwarder/body-writer.ts'
import { jsonArray } from '../../../../src/sinks/sink.ts'

it('writes events side by side, or in the framing of the sink, body after body', () => {
  const plain = new BodyWriter()
  plain.add('{}', 100)
  plain.add('{}', 100)
  expect(plain.take().toString()).toBe('{}{}')
  const array = new BodyWriter(jsonArray)
  for (const events of [['1', '2', '3'], ['4']]) {
    for (const event of events) array.add(event, 100)
    expect(JSON.parse(array.take().toString())).toEqual(events.map(Number))
  }
})

it('counts bytes of UTF-8 with the framing, and leaves out what would be too much', () => {
  const body = new BodyWriter(jsonArray)
  expect(body.add('"é"', 6)).toBe(5)
  expect(body.add('"x"', 9)).toBeUndefined()
  expect(body.add('"x"', 10)).toBe(4)
  expect(body.take().toString()).toBe('["é","x"]')
  expect(body.add('12345', 6)).toBeUndefined()
  expect(body.add('1234', 6)).toBe(5)
  expect(body.take().toString()).toBe('[1234]')
})

it('grows, and what was taken keeps its bytes', () => {
  const body = new BodyWriter()
  const events = Array.from({ length: 1000 }, (_, index) => `${index}${'😀'.repeat(index % 500)}\n`)
  for (const event of events) body.add(event, 1e9)
  const taken = body.take()
  body.add('x'.repeat(200_000), 1e9)
  expect(taken.toString()).toBe(events.join(''))
})
