// A path for a file, asked for by the system's own dialog. In a browser there is none: the answer
// says so, and the page shows a text field, or downloads.
import type { DialogAnswer, OpenQuestion, SaveQuestion } from '../../preload/contract/desktop.ts'
import { client } from './connection.svelte.ts'

/** Where to write; `name` is proposed. */
export function chooseSavePath(question: Partial<SaveQuestion> = {}): Promise<DialogAnswer> {
  return client.desktop.saveDialog(question)
}

/** What to read. */
export function chooseOpenPath(question: Partial<OpenQuestion> = {}): Promise<DialogAnswer> {
  return client.desktop.openDialog(question)
}
