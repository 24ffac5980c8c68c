// What a hostile page, frame or link could try on the window and its session, counted: none may be
// accepted. The fake's defaults are Electron's, which accepts nearly all of it, so each group also
// shows that it would be seen.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contentSecurityPolicy } from '../../main/transport/assets.ts'
import { countAttempts } from './attempts.ts'
import { BrowserWindow as FakeWindow } from './fake.ts'
import { Frame, session as bareSession } from './fakeWindow.ts'
import { state as bareState } from './fakeState.ts'
import { permissions } from './permissions.ts'
import { endAll, loadPage, startProgram, type Program } from './program.ts'

const attempt = countAttempts('page and session', 200)

let program: Program
beforeEach(async () => {
  program = await startProgram()
})
afterEach(endAll)
const elsewhere = [
  'http://evil.example/',
  'https://evil.example/',
  'file:///etc/passwd',
  'studio://other/',
  'studio://app.evil/',
  'studio://app:80/',
  'studio://app/index.html',
  'data:text/html,<script>1</script>',
  'about:blank',
  'blob:https://evil.example/1',
  'ftp://evil.example/',
  'chrome://gpu',
  'devtools://devtools/bundled/inspector.html',
  'mailto:a@evil.example',
]

describe('navigation', () => {
  it.each(elsewhere)(
    'to %s is refused in the page, in a frame of it, by a redirect and in a new window',
    (url) => {
      const contents = program.window.webContents
      const before = contents.mainFrame
      attempt(`page to ${url}`, contents.navigate(url) !== 'refused')
      attempt(
        `frame to ${url}`,
        contents.navigate(url, new Frame(contents, 'about:blank', contents.mainFrame) as never) !==
          'refused',
      )
      attempt(`redirect to ${url}`, contents.redirect(url) !== 'refused')
      attempt(`window at ${url}`, contents.open(url) !== 'refused')
      expect(contents.mainFrame).toBe(before)
      expect(program.electron.BrowserWindow.getAllWindows()).toHaveLength(1)
      expect(program.state.openedOutside).toEqual([])
    },
  )

  it('is guarded in every web contents, whoever made it', () => {
    const other = new program.electron.BrowserWindow({}).webContents
    attempt('other contents navigate', other.navigate('https://evil.example/') !== 'refused')
    attempt('other contents open', other.open('https://evil.example/') !== 'refused')
  })

  it('by a javascript: address is not for the shell: the policy allows no script but those of files', () => {
    expect(contentSecurityPolicy).toContain("script-src 'self';")
    expect(contentSecurityPolicy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe|\*/)
  })
})

describe('links', () => {
  it('open an address of our list in the browser, and no other', async () => {
    const { client } = await loadPage(program)
    for (const link of [
      'https://evil.example/',
      'file:///etc/passwd',
      '__proto__',
      'constructor',
      '',
    ])
      await expect(
        client.desktop.openLink({ link: link as 'vaePaper' }),
        link,
      ).rejects.toMatchObject({ code: 'bad-input' })
    expect(program.state.openedOutside).toEqual([])
    expect(await client.desktop.openLink({ link: 'vaePaper' })).toEqual({ opened: true })
    expect(program.state.openedOutside).toEqual(['https://arxiv.org/abs/1312.6114'])
    program.state.openedOutside.length = 0
  })
})

describe('guests', () => {
  it.each([{}, { nodeIntegration: true }, { preload: '/tmp/evil.js', contextIsolation: false }])(
    'with %o are refused',
    (wishes) => {
      const { webContents, options } = program.window
      attempt(
        `guest with ${JSON.stringify(wishes)}`,
        webContents.attachGuest('https://evil.example/', wishes) !== 'refused',
      )
      expect(options.webPreferences?.['webviewTag']).toBe(false)
    },
  )
})

describe('the page', () => {
  it('has a sandbox, a world of its own, no Node and no weakened rule', () => {
    expect(program.state.sandboxed).toBe(true)
    expect(program.window.options.webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
    })
    expect(program.window.options.webPreferences).not.toHaveProperty('enableBlinkFeatures')
    expect(program.window.webContents.mainFrame.url).toBe('studio://app/')
  })

  it('sees nothing of Electron: the preload leaves the port and no name behind', async () => {
    const before = Object.getOwnPropertyNames(globalThis)
    const { page } = await loadPage(program)
    expect(Object.getOwnPropertyNames(page)).toEqual(['location'])
    expect(
      Object.getOwnPropertyNames(globalThis).filter(
        (name) => !before.includes(name) && name !== 'window',
      ),
    ).toEqual([])
    expect(program.state.preload.listenerCount('studio:port')).toBe(0)
  })

  it('reaches nothing on the network, and its own pages', async () => {
    const { defaultSession } = program.electron.session
    for (const url of [
      ...elsewhere.slice(0, 6),
      'ws://evil.example/',
      'wss://evil.example/',
      'http://127.0.0.1:9222/json',
    ])
      attempt(`request to ${url}`, (await defaultSession.fetch(url)) !== 'cancelled')
    for (const url of [
      'studio://app/assets/a.js',
      'blob:studio://app/1',
      'data:image/png;base64,AA==',
    ])
      expect(await defaultSession.fetch(url), url).toBe('sent')
  })
})

describe('permissions', () => {
  const ours = { isMainFrame: true, requestingUrl: 'studio://app/' }
  const own = 'clipboard-sanitized-write'

  it.each(permissions)(
    '"%s" is refused when requested, and when checked in silence',
    async (name) => {
      const { webContents } = program.window
      const { defaultSession } = program.electron.session
      const asked = (details: object) =>
        defaultSession.requestPermission(webContents, name, details)
      if (name !== own) {
        attempt(`${name} requested`, await asked(ours))
        attempt(
          `${name} checked`,
          defaultSession.checkPermission(webContents, name, 'studio://app/', ours),
        )
      }
      const foreign = { isMainFrame: true, requestingUrl: 'https://evil.example/' }
      attempt(`${name} requested by another origin`, await asked(foreign))
      attempt(`${name} requested by a frame`, await asked({ ...ours, isMainFrame: false }))
      attempt(
        `${name} checked by another origin`,
        defaultSession.checkPermission(null, name, 'studio://app.evil/', foreign),
      )
    },
  )

  it('the page may write to the clipboard, its "Copy", and nothing more', async () => {
    const { defaultSession } = program.electron.session
    expect(await defaultSession.requestPermission(program.window.webContents, own, ours)).toBe(true)
    expect(
      defaultSession.checkPermission(program.window.webContents, own, 'studio://app', ours),
    ).toBe(true)
  })

  it('devices and screens are refused', async () => {
    const { defaultSession } = program.electron.session
    for (const device of ['hid', 'serial', 'usb'])
      attempt(device, defaultSession.useDevice(device, 'studio://app'))
    attempt('the screen', await defaultSession.captureDisplay())
  })
})

describe('downloads', () => {
  it.each([
    ['https://evil.example/a.exe', 'https://evil.example'],
    ['https://evil.example/a.exe', 'studio://app'],
    ['blob:studio://app/1', 'https://evil.example'],
    ['blob:studio://app/1', 'null'],
    ['blob:https://evil.example/1', 'studio://app'],
    ['data:text/html,x', 'studio://app'],
    ['file:///etc/passwd', 'studio://app'],
    ['studio://app/index.html', 'studio://app'],
  ])('of %s for %s are cancelled', (url, initiator) => {
    attempt(
      `download ${url}`,
      program.electron.session.defaultSession.download(
        program.window.webContents,
        url,
        initiator,
      ) !== 'cancelled',
    )
  })

  it('of what the page made are left to the person', () => {
    const { defaultSession } = program.electron.session
    expect(
      defaultSession.download(program.window.webContents, 'blob:studio://app/1', 'studio://app'),
    ).toBe('saved')
  })
})

describe('without our guards', () => {
  it('the same attempts succeed, so the counts above can fail', async () => {
    bareState.ready = true
    const contents = new FakeWindow({}).webContents
    expect(contents.navigate('https://evil.example/')).toBe('done')
    expect([
      contents.redirect('https://a'),
      contents.open('https://a'),
      contents.attachGuest('https://a', {}),
    ]).toEqual(['done', 'done', 'done'])
    const bare = bareSession.defaultSession
    expect(await bare.requestPermission(contents, 'media', {})).toBe(true)
    expect([bare.checkPermission(null, 'media', '', {}), bare.useDevice('usb', '')]).toEqual([
      true,
      true,
    ])
    expect(await bare.fetch('https://evil.example/')).toBe('sent')
    expect(bare.download(contents, 'https://evil.example/', '')).toBe('saved')
  })
})
