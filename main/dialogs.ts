// The system's file dialogs, for the page that asks through the contract. One at a time: a page
// cannot bury the person under them. It proposes a name and never a folder; what comes back is what
// the person chose. And the only addresses that leave the program: those of a list, opened in the
// system's browser.
import { basename } from 'node:path'
import { dialog, shell, type BrowserWindow } from 'electron'
import { StudioError } from '../preload/contract/errors.ts'
import { links } from '../preload/contract/links.ts'
import type { Dialogs } from './service/desktopProcedures.ts'

export function nativeDialogs(window: BrowserWindow): Dialogs {
  let open = false
  const alone = async (show: () => Promise<string | null>): Promise<string | null> => {
    if (open)
      throw new StudioError(
        'wrong-state',
        'Expected no open dialog, found one. Choose a file in that dialog, or cancel it.',
      )
    open = true
    try {
      return await show()
    } finally {
      open = false
    }
  }
  return {
    save: ({ title, name, filters }) =>
      alone(async () => {
        const { canceled, filePath } = await dialog.showSaveDialog(window, {
          title,
          defaultPath: fileName(name),
          filters,
          properties: ['showOverwriteConfirmation', 'createDirectory'],
        })
        return canceled || filePath === '' ? null : filePath
      }),
    open: ({ title, filters, folder }) =>
      alone(async () => {
        const kind = folder ? 'openDirectory' : 'openFile'
        const { canceled, filePaths } = await dialog.showOpenDialog(window, {
          title,
          filters,
          properties: [kind],
        })
        return canceled ? null : (filePaths[0] ?? null)
      }),
    openLink: (link) => shell.openExternal(links[link]),
  }
}

/** The last part of what was proposed, whichever slashes it has. */
function fileName(proposed: string): string {
  return basename(proposed.replaceAll('\\', '/').replaceAll('\0', ''))
}
