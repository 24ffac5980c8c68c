// The application menu: the commands of the page that deserve a shortcut of the system, and the
// platform's own entries, so that its shortcuts for editing, zoom and windows work. The page runs
// its commands itself; here are only their names.
import { app, Menu, type MenuItemConstructorOptions } from 'electron'

export interface MenuActions {
  /** Runs a command of the page, by its id in renderer/frameCommands.ts. */
  command(id: string): void
  /** Asks for a file and opens it. */
  openFile(): void
}

interface Entry {
  label: string
  id: string
  keys?: string
}

const newRun: Entry = { label: 'New run', id: 'new-run', keys: 'CmdOrCtrl+N' }
const places: Entry[] = [
  { label: 'Runs', id: 'go-runs', keys: 'CmdOrCtrl+1' },
  { label: 'Explore', id: 'go-explore', keys: 'CmdOrCtrl+2' },
  { label: 'Data', id: 'go-data', keys: 'CmdOrCtrl+3' },
  { label: 'Setup', id: 'go-setup', keys: 'CmdOrCtrl+4' },
  { label: 'Trash', id: 'go-trash' },
]
const palette: Entry = { label: 'All commands', id: 'palette', keys: 'CmdOrCtrl+K' }
const keys: Entry = { label: 'Keyboard shortcuts', id: 'keys' }

/** Every command of the page that the menu names. */
export const menuCommands: readonly string[] = [newRun, ...places, palette, keys].map(
  ({ id }) => id,
)

export function setMenu(actions: MenuActions): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(template(actions)))
}

function template({ command, openFile }: MenuActions): MenuItemConstructorOptions[] {
  const mac = process.platform === 'darwin'
  const separator = { type: 'separator' } as const
  const item = ({ label, id, keys }: Entry): MenuItemConstructorOptions => ({
    label,
    ...(keys === undefined ? {} : { accelerator: keys }),
    click: () => command(id),
  })
  const file: MenuItemConstructorOptions[] = [
    item(newRun),
    { label: 'Open…', accelerator: 'CmdOrCtrl+O', click: openFile },
    separator,
    { role: mac ? 'close' : 'quit' },
  ]
  const view: MenuItemConstructorOptions[] = [
    item(palette),
    separator,
    { role: 'reload' },
    ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' } as const]),
    separator,
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    separator,
    { role: 'togglefullscreen' },
  ]
  return [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    { label: 'File', submenu: file },
    { role: 'editMenu' },
    { label: 'View', submenu: view },
    { label: 'Go', submenu: places.map(item) },
    { role: 'windowMenu' },
    { role: 'help', submenu: [item(keys)] },
  ]
}
