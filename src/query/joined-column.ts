/** What stands between two values: no JSON text has it, and hardly any other. */
const separator = '\u001f'

/** A column of many rows as one text, as SQL. Null becomes an empty text. */
export const joinColumn = (text: string): string => `string_agg(coalesce(${text}, ''), E'\\x1f')`

/** A column whose values were joined to one text, which is cut where somebody looks. */
export class JoinedColumn {
  /** All values, with U+001F between them. */
  readonly text: string
  /** Whether no value has anything that JSON escapes, or that is not ASCII. */
  readonly isPlain: boolean
  /** Where each value ends; the first is where one would end before it. */
  readonly #ends: Int32Array

  private constructor(text: string, ends: Int32Array) {
    this.text = text
    // oxlint-disable-next-line no-control-regex -- it stands between the values
    this.isPlain = !/[^\u001f !#-[\]-~]/.test(text)
    this.#ends = ends
  }

  /** @returns undefined when there is another number of values, as there is when one has the separator in it */
  static of(text: unknown, count: number): JoinedColumn | undefined {
    if (typeof text !== 'string') return undefined
    const ends = new Int32Array(count + 1)
    ends[0] = -1
    let end = -1
    for (let index = 1; index <= count; index += 1) {
      end = text.indexOf(separator, end + 1)
      if (end < 0) end = text.length
      ends[index] = end
    }
    return end === text.length && ends.indexOf(end) === count ? new JoinedColumn(text, ends) : undefined
  }

  /** The value of a row. */
  at(index: number): string {
    return this.text.slice((this.#ends[index] ?? 0) + 1, this.#ends[index + 1])
  }

  /** The JSON text of a value. */
  quoted(index: number): string {
    const value = this.at(index)
    return this.isPlain ? `"${value}"` : JSON.stringify(value)
  }

  /** The same of a column in which an empty text is null. */
  quotedOrNull(index: number): string {
    return (this.#ends[index + 1] ?? 0) - (this.#ends[index] ?? 0) === 1 ? 'null' : this.quoted(index)
  }

  every(test: (value: string) => boolean): boolean {
    for (let index = 0; index < this.#ends.length - 1; index += 1) if (!test(this.at(index))) return false
    return true
  }
}
