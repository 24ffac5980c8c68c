// The window and what it may show: our built pages under studio://app, and nothing else. No permission is granted, no
// navigation leaves the pages, no second window opens.
import { join } from 'node:path'
import { BrowserWindow, protocol, session } from 'electron'
import { readAssets, securityHeaders } from './transport/assets.ts'

export const origin = 'studio://app'

/** Before Electron is ready: a scheme with an origin of its own, so that the content security policy has a 'self'. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'studio', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ])
}

/** Answers studio://app from the list of built files in `folder`; every other address is 404. */
export function servePages(folder: string): void {
  const assets = readAssets(folder)
  protocol.handle('studio', (request) => {
    const address = new URL(request.url)
    const asset = address.host === 'app' && request.method === 'GET' ? assets.get(address.pathname) : undefined
    if (asset === undefined) return new Response('not found', { status: 404, headers: securityHeaders })
    return new Response(new Uint8Array(asset.body), { headers: { ...securityHeaders, 'content-type': asset.type } })
  })
}

/** Electron grants everything unless told otherwise: requests and silent checks are refused alike. */
export function denyPermissions(): void {
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  session.defaultSession.setPermissionCheckHandler(() => false)
  session.defaultSession.setDevicePermissionHandler(() => false)
}

/** Opens the window, hidden until it has something to show. `preload` is the built preload file. */
export function openWindow(outFolder: string): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 800,
    minHeight: 600,
    show: false,
    webPreferences: {
      preload: join(outFolder, 'preload/index.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  })
  window.once('ready-to-show', () => window.show())
  const contents = window.webContents
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  // fires for links and scripts, in every frame, not for our own loadURL or a reload
  contents.on('will-frame-navigate', (event) => event.preventDefault())
  contents.on('will-redirect', (event) => event.preventDefault())
  contents.on('will-attach-webview', (event) => event.preventDefault())
  return window
}
