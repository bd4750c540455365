/** What is asked for are actions and names, which come from code, so there are few; whoever makes them up fills no memory. */
const maximumKnown = 4096

/** A function that remembers what it has found for each text. */
export function remembering<Value>(find: (text: string) => Value): (text: string) => Value {
  const known = new Map<string, Value>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const found = find(text)
    if (known.size >= maximumKnown) known.clear()
    known.set(text, found)
    return found
  }
}
