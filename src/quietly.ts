/**
 * Calls a function of the host's whose failure must stop nothing here. One that is async fails later, which by default would end
 * the process.
 */
export function quietly<T>(work: () => T): T | undefined {
  try {
    const result = work()
    if (result instanceof Promise) result.catch(() => undefined)
    return result
  } catch {
    return undefined
  }
}
