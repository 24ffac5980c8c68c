// The desktop app: one program, one window on the studio. Everything that matters lives behind the
// contract; here are only the shell's own duties: folders, one instance, scheme, guards, window,
// menu, and an orderly end.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { app, dialog, type BrowserWindow, type MessagePortMain } from 'electron'
import { asStudioError } from '../preload/contract/errors.ts'
import { checkProgram } from './backends/child.ts'
import { createDesktop, type Desktop } from './desktopStudio.ts'
import { nativeDialogs } from './dialogs.ts'
import { endInOrder, type Ending } from './ending.ts'
import { guardContents, guardSession } from './guards.ts'
import { setMenu } from './menu.ts'
import { fileEnding, filesAmong, filesHandedOver } from './openedFiles.ts'
import { defaultCacheFolder } from './runtime/cache.ts'
import { DesktopEvents, type Dialogs } from './service/desktopProcedures.ts'
import { defaultDataFolder } from './service/folder.ts'
import { hostProgram } from './service/launch.ts'
import { makeDataFolder } from './store/dataFolder.ts'
import { forkHost, handOverPorts } from './transport/electron.ts'
import { builtPages, outFolder } from './transport/pages.ts'
import { bringForward, openWindow, registerScheme, servePages, show } from './window.ts'

const dataFolder = defaultDataFolder()
// what Chromium keeps (caches, cookies) stays apart from runs
const windowFolder = join(dataFolder, 'window')
const events = new DesktopEvents()

/**
 * Before Electron is ready. False: another instance runs already, and has been told what to open.
 */
function prepare(): boolean {
  makeDataFolder(dataFolder)
  mkdirSync(windowFolder, { recursive: true }) // setPath wants folders that exist
  app.setPath('userData', dataFolder)
  app.setPath('sessionData', windowFolder)
  app.enableSandbox()
  registerScheme()
  guardContents()
  // macOS opens files by this event, which may come before everything else
  app.on('open-file', (event, path) => {
    event.preventDefault()
    openFiles(filesAmong([path], '/'))
  })
  const files = filesAmong(process.argv.slice(1), process.cwd())
  // the lock belongs to the folder of userData: two data folders are two programs
  if (!app.requestSingleInstanceLock({ files })) return false
  openFiles(files)
  return true
}

function openFiles(files: string[]): void {
  for (const path of files) events.tell({ kind: 'open-file', path })
}

function start(): void {
  const pages = builtPages()
  guardSession()
  servePages(pages)
  const window = openWindow({
    preload: join(outFolder(), 'preload/index.cjs'),
    stateFile: join(windowFolder, 'state.json'),
    note: (text) => events.tell({ kind: 'note', text }),
  })
  const dialogs = nativeDialogs(window)
  const desktop = createDesktop({
    dataFolder,
    cacheFolder: defaultCacheFolder(),
    shell: 'electron',
    warm: true,
    desktop: { dialogs, events },
    pages,
    fork: (role) => forkHost(hostProgram(), checkProgram, role),
  })
  const ending = endInOrder(app, () => desktop.close())
  app.on('window-all-closed', () => app.quit())
  listenForSecondStart(window, ending)
  setMenu({
    command: (id) => events.tell({ kind: 'command', id }),
    openFile: () => void chooseFile(dialogs),
  })
  handOverPorts(window, (port) => void attach(desktop, port))
  show(window)
}

function listenForSecondStart(window: BrowserWindow, ending: Ending): void {
  app.on('second-instance', (_event, _args, _folder, data) => {
    const files = filesHandedOver(data)
    // too late for this window: the next program opens them
    if (ending.begun || window.isDestroyed())
      return app.relaunch({ args: [...ownArguments(), ...files] })
    openFiles(files)
    bringForward(window)
  })
}

/** What names the program itself: nothing when packaged, the folder of the sources otherwise. */
function ownArguments(): string[] {
  return app.isPackaged ? [] : process.argv.slice(1, 2)
}

async function chooseFile(dialogs: Dialogs): Promise<void> {
  const filters = [{ name: 'Run or weights', extensions: [fileEnding.slice(1), 'safetensors'] }]
  // refused while another dialog is open, which is there to be seen
  const path = await dialogs.open({ title: 'Open', filters, folder: false }).catch(() => null)
  if (path !== null) openFiles([path])
}

async function attach(desktop: Desktop, port: MessagePortMain): Promise<void> {
  try {
    await desktop.attach(port)
  } catch (error) {
    dialog.showErrorBox('Latent Studio cannot open its data folder', asStudioError(error).message)
    app.quit()
  }
}

try {
  // not awaited: Electron becomes ready only after this module has been evaluated
  if (prepare()) void app.whenReady().then(start)
  else app.quit()
} catch (error) {
  dialog.showErrorBox('Latent Studio cannot start', asStudioError(error).message)
  app.exit(1)
}
