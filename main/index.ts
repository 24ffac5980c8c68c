// The desktop app: one window on the studio. Everything that matters lives behind the contract; here are only the
// shell's own duties: folders, scheme, permissions, window, and an orderly end.
import { join } from 'node:path'
import { app, dialog, type MessagePortMain } from 'electron'
import { asStudioError } from '../preload/contract/errors.ts'
import { createDesktop, type Desktop } from './desktop.ts'
import { setMenu } from './menu.ts'
import { defaultCacheFolder } from './runtime/cache.ts'
import { defaultDataFolder } from './service/folder.ts'
import { forkHost, handOverPorts } from './transport/electron.ts'
import { builtPages } from './transport/pages.ts'
import { denyPermissions, openWindow, origin, registerScheme, servePages } from './window.ts'

// built: out/main/index.js
const outFolder = join(import.meta.dirname, '..')
const dataFolder = defaultDataFolder()

app.setPath('userData', dataFolder)
// what Chromium keeps (caches, cookies) stays apart from runs
app.setPath('sessionData', join(dataFolder, 'window'))
app.enableSandbox()
registerScheme()

function start(): void {
  denyPermissions()
  servePages(join(outFolder, 'renderer'))
  setMenu()
  const desktop = createDesktop({
    dataFolder,
    cacheFolder: defaultCacheFolder(),
    shell: 'electron',
    pages: builtPages(),
    fork: (role) => forkHost(join(import.meta.dirname, 'host.js'), role),
  })
  endInOrder(desktop)
  const window = openWindow(outFolder)
  handOverPorts(window, origin, (port) => void attach(desktop, port))
  void window.loadURL(`${origin}/`)
}

async function attach(desktop: Desktop, port: MessagePortMain): Promise<void> {
  try {
    await desktop.attach(port)
  } catch (error) {
    dialog.showErrorBox('Latent Studio cannot open its data folder', asStudioError(error).message)
    app.quit()
  }
}

/** Quitting waits for running runs to write a checkpoint. */
function endInOrder(desktop: Desktop): void {
  let ended = false
  app.on('window-all-closed', () => app.quit())
  app.on('before-quit', (event) => {
    if (ended) return
    event.preventDefault()
    ended = true
    void desktop.close().finally(() => app.quit())
  })
}

// not awaited: Electron becomes ready only after this module has been evaluated
void app.whenReady().then(start)
