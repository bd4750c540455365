import type { StringKey } from '../strings.ts'

/** What an element is made with: attributes by name, and listeners under `on`. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined | null | Listeners>>
type Listeners = Readonly<Record<string, (event: never) => void>>
/** Text becomes text, whatever is in it; what is nothing is left out. */
export type Child<E> = E | string | number | null | undefined | false

/**
 * Makes an element. What is the same in the page that the server writes and in the one that the program draws is made by
 * functions that are given one: the browser's makes nodes, the server's makes HTML.
 */
export type Make<E> = (name: Tag, attributes?: Attributes, ...children: readonly Child<E>[]) => E
type Tag =
  | ('a' | 'bdi' | 'button' | 'details' | 'div' | 'form' | 'h1' | 'header' | 'input' | 'label' | 'main' | 'nav')
  | ('option' | 'p' | 'section' | 'select' | 'span' | 'summary' | 'time')

/** A text of the page. */
export type Text = (key: StringKey, values?: Readonly<Record<string, string | number>>) => string
