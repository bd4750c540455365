/** A syslog message as RFC 5424 defines it. */
export interface SyslogMessage {
  readonly priority: number
  readonly timestamp: string
  readonly hostname: string
  readonly appName: string
  readonly procId: string
  readonly msgId: string
  readonly data: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly message: string
}

/** Parses a message strictly by the grammar of RFC 5424 section 6. */
export function parseSyslog(text: string): SyslogMessage {
  const header =
    /^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z) ([\x21-\x7e]{1,255}) ([\x21-\x7e]{1,48}) ([\x21-\x7e]{1,128}) ([\x21-\x7e]{1,32}) /.exec(
      text,
    )
  if (header === null) throw new Error('no RFC 5424 header')
  const [all, priority, timestamp = '', hostname = '', appName = '', procId = '', msgId = ''] = header
  const { data, end } = parseData(text, all.length)
  if (text[end] !== ' ') throw new Error('no space behind the structured data')
  return { priority: Number(priority), timestamp, hostname, appName, procId, msgId, data, message: text.slice(end + 1) }
}

function parseData(text: string, start: number): { data: Record<string, Record<string, string>>; end: number } {
  const data: Record<string, Record<string, string>> = {}
  if (text[start] === '-') return { data, end: start + 1 }
  const name = /[\x21-\x7e]{1,32}/y
  let at = start
  while (text[at] === '[') {
    const idEnd = at + 1 + /^[^\s=\]"]{1,32}/.exec(text.slice(at + 1))![0].length
    const parameters: Record<string, string> = {}
    data[text.slice(at + 1, idEnd)] = parameters
    at = idEnd
    while (text[at] === ' ') {
      const parameter = /^([^\s=\]"]{1,32})="/.exec(text.slice(at + 1))
      if (parameter === null || !name.test(parameter[1]!)) throw new Error('no parameter')
      name.lastIndex = 0
      at += 1 + parameter[0].length
      let value = ''
      for (; text[at] !== '"'; at += 1) {
        if (text[at] === undefined || text[at] === ']') throw new Error('an unescaped ] or no end of a value')
        // A backslash in front of any other character stands for itself (section 6.3.3).
        if (text[at] === '\\' && /["\\\]]/.test(text[at + 1] ?? '')) at += 1
        value += text[at]
      }
      if (Object.hasOwn(parameters, parameter[1]!)) throw new Error('a parameter twice')
      parameters[parameter[1]!] = value
      at += 1
    }
    if (text[at] !== ']') throw new Error('no end of the element')
    at += 1
  }
  if (at === start) throw new Error('no structured data')
  return { data, end: at }
}
