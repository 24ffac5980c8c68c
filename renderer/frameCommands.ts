// The commands that work in every view.
import { importFromFile } from './components/import/importFromFile.ts'
import { router } from './router.svelte.ts'
import { commands, type Command } from './state/commands.svelte.ts'
import { theme } from './state/theme.svelte.ts'
import { undo } from './state/undo.svelte.ts'

export const frameCommands: readonly Command[] = [
  { id: 'go-runs', title: 'Runs', group: 'Go to', keys: ['g r'], run: () => router.go('runs') },
  {
    id: 'go-explore',
    title: 'Explore',
    group: 'Go to',
    keys: ['g e'],
    run: () => router.go('explore', { run: router.params['run'], step: router.params['step'] }),
  },
  { id: 'go-data', title: 'Data', group: 'Go to', keys: ['g d'], run: () => router.go('data') },
  { id: 'go-setup', title: 'Setup', group: 'Go to', keys: ['g s'], run: () => router.go('setup') },
  { id: 'go-trash', title: 'Trash', group: 'Go to', run: () => router.go('runs', { trash: 1 }) },
  {
    id: 'jobs',
    title: 'Jobs',
    group: 'Go to',
    keys: ['g j'],
    run: () => router.set({ jobs: router.params['jobs'] === '1' ? null : 1 }, { replace: true }),
  },
  { id: 'new-run', title: 'New run', group: 'Run', keys: ['n'], run: () => router.go('new') },
  {
    id: 'import',
    title: 'Import a run or weights',
    group: 'Run',
    keys: ['mod+o'],
    run: () => void importFromFile(),
  },
  { id: 'undo', title: 'Undo', group: 'Anywhere', keys: ['mod+z'], run: () => void undo.last() },
  {
    id: 'palette',
    title: 'All commands',
    group: 'Anywhere',
    keys: ['mod+k'],
    keysOnly: true,
    run: () => (commands.paletteOpen = !commands.paletteOpen),
  },
  {
    id: 'keys',
    title: 'Show keyboard shortcuts',
    group: 'Anywhere',
    keys: ['?'],
    run: () => (commands.shortcutsOpen = !commands.shortcutsOpen),
  },
  {
    id: 'theme',
    title: 'Switch between light and dark',
    group: 'Anywhere',
    run: () => theme.choose(theme.current === 'dark' ? 'light' : 'dark'),
  },
]
