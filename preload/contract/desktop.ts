// What a page asks of the shell it runs in: the system's own file dialogs, and what the person did
// outside the page (a menu entry, a file opened with the program). Only the window of the app has
// these; everywhere else the answers say so.
import { eventIterator, oc, type } from '@orpc/contract'
import { linkNames } from './links.ts'
import { z } from './zod.ts'

export interface DesktopInfo {
  /** What draws this page: the app's window, or a browser at the loopback address. */
  shell: 'electron' | 'serve'
  /** Whether saveDialog and openDialog show something. */
  dialogs: boolean
}

/**
 * `no-dialog`: this shell has none, so the page asks for the path in a text field, or downloads.
 */
export type DialogAnswer =
  { kind: 'chosen'; path: string } | { kind: 'cancelled' } | { kind: 'no-dialog' }

export type DesktopEvent =
  /** A command of the page (state/commands), chosen in the application menu. */
  | { kind: 'command'; id: string }
  /**
   * The person opened this file with the program: by a double click, on the command line, or in the
   * menu.
   */
  | { kind: 'open-file'; path: string }
  /** Something that happened to the window, to be read once. */
  | { kind: 'note'; text: string }

const filter = z.object({
  name: z.string().min(1).max(100),
  /** Without dots. */
  extensions: z.array(z.string().regex(/^[A-Za-z0-9]+$/)).max(20),
})

const question = {
  title: z.string().max(200).default(''),
  filters: z.array(filter).max(20).default([]),
}

export type SaveQuestion = z.infer<typeof saveQuestion>
const saveQuestion = z.object({
  ...question,
  /** Proposed name of the file; its folder is the person's to choose. */
  name: z.string().max(200).default(''),
})

export type OpenQuestion = z.infer<typeof openQuestion>
const openQuestion = z.object({
  ...question,
  /** Asks for a folder instead of a file. */
  folder: z.boolean().default(false),
})

export const desktop = {
  info: oc.output(type<DesktopInfo>()),
  /** Error `wrong-state` while another dialog is open. */
  saveDialog: oc.input(saveQuestion).output(type<DialogAnswer>()),
  openDialog: oc.input(openQuestion).output(type<DialogAnswer>()),
  /**
   * Opens one of our own list of addresses in the system's browser; false where there is no window.
   */
  openLink: oc.input(z.object({ link: z.enum(linkNames) })).output(type<{ opened: boolean }>()),
  /** Each event once, to the newest watcher; opened files and notes wait for one. */
  watch: oc.output(eventIterator(type<DesktopEvent>())),
}
