import type { Context } from '../context.ts'
import { button } from '../dom.ts'

/** A button that copies what a function makes, and says whether it could. */
export function copyButton(context: Context, label: string, make: () => string, attributes = {}): HTMLButtonElement {
  const { t, announce } = context
  const made = button(label, () => void act(), { class: 'small', ...attributes })
  const act = async (): Promise<void> => {
    const done = await copy(make())
    made.textContent = done ? t('copied') : label
    announce(done ? t('copied') : t('copyFailed'))
    setTimeout(() => (made.textContent = label), 1500)
  }
  return made
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
