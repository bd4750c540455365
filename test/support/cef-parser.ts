/** A CEF event as a receiver sees it. */
export interface CefEvent {
  /** Version, vendor, product, version, class, name and severity. */
  readonly header: readonly string[]
  readonly extension: Readonly<Record<string, string>>
}

/**
 * Parses CEF as ArcSight's implementation standard defines it: in the header `\\` and `\|`, in values `\\`, `\=`, `\n` and `\r`;
 * a value ends before a space, a key and an unescaped `=`. Anything else is an error.
 */
export function parseCef(line: string): CefEvent {
  if (/[\r\n]/.test(line)) throw new Error('a CEF event is one line')
  const header: string[] = []
  let at = 'CEF:'.length
  if (!line.startsWith('CEF:')) throw new Error('no CEF header')
  while (header.length < 7) {
    let field = ''
    for (; line[at] !== '|'; at += 1) {
      if (at >= line.length) throw new Error('the header ends early')
      if (line[at] !== '\\') field += line[at]
      else {
        at += 1
        if (line[at] !== '\\' && line[at] !== '|') throw new Error('an unknown escape in the header')
        field += line[at]
      }
    }
    header.push(field)
    at += 1
  }
  return { header, extension: parseExtension(line.slice(at)) }
}

function parseExtension(text: string): Record<string, string> {
  // Where a key starts: at the beginning or behind a space, and an `=` that is not escaped follows.
  const keys = [...text.matchAll(/(?:^| )([A-Za-z0-9_.-]+)=/g)]
  const extension: Record<string, string> = {}
  keys.forEach((key, index) => {
    const name = key[1]!
    if (Object.hasOwn(extension, name)) throw new Error(`the key ${name} occurs twice`)
    extension[name] = unescapeValue(text.slice(key.index + key[0].length, keys[index + 1]?.index ?? text.length))
  })
  if (keys[0]?.index !== 0) throw new Error('the extension does not begin with a key')
  return extension
}

function unescapeValue(value: string): string {
  let result = ''
  for (let at = 0; at < value.length; at += 1) {
    if (value[at] === '=') throw new Error('an unescaped = in a value')
    if (value[at] !== '\\') {
      result += value[at]
      continue
    }
    at += 1
    const meant = { '\\': '\\', '=': '=', n: '\n', r: '\r' }[value[at] ?? '']
    if (meant === undefined) throw new Error('an unknown escape in a value')
    result += meant
  }
  return result
}
