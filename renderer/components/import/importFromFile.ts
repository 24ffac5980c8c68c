// The way to a file: the system's dialog where there is one, else the panel on Runs, which has the
// browser's.
import { chooseOpenPath } from '../../client/dialogs.ts'
import { router } from '../../router.svelte.ts'
import { desktop } from '../../state/desktop.svelte.ts'
import { imports } from '../../state/imports.svelte.ts'
import { notices } from '../../state/notices.svelte.ts'

/** Endings that the program reads; what a file is, its content says. */
export const importEndings = ['latent', 'safetensors'] as const

export async function importFromFile(): Promise<void> {
  showImports()
  if (desktop.info.dialogs) await chooseFromDialog()
}

/** The panel beside the runs. */
export function showImports(): void {
  if (router.route === 'runs') router.set({ import: 1, trash: null })
  else router.go('runs', { import: 1 })
}

/** Asks the system's dialog for a file and begins with it. */
export async function chooseFromDialog(): Promise<void> {
  const filters = [{ name: 'Runs and weights', extensions: [...importEndings] }]
  const answer = await notices.attempt(() =>
    chooseOpenPath({ title: 'Import a run or weights', filters }),
  )
  if (answer?.kind === 'chosen') imports.open([answer.path])
}
