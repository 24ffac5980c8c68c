// The life of the app's program, with the real studio behind it: loads and reloads, a second start,
// a renderer that dies, the menu, dialogs, and the end, with a run under way.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { DesktopEvent } from '../../preload/contract/desktop.ts'
import type { Client } from '../../preload/contract/client.ts'
import { needing } from '../kit/needing.ts'
import type { MenuEntry } from './fakeState.ts'
import {
  endAll,
  expectEnded,
  loadPage,
  startProgram,
  temporaryFolder,
  type Program,
} from './program.ts'

afterEach(endAll)

const withPermissions = needing(
  process.platform === 'win32' ? 'Windows has no such permissions' : undefined,
)

/** What the page has been told so far. */
async function watch(client: Client): Promise<DesktopEvent[]> {
  const told: DesktopEvent[] = []
  const events = await client.desktop.watch()
  void (async () => {
    for await (const event of events) told.push(event)
  })().catch(() => undefined)
  return told
}

const ended = ({ state }: Program, timeout = 8000) =>
  vi.waitFor(() => expectEnded(state), { timeout, interval: 10 })

describe('a load of the page', () => {
  it('reaches the studio over a port of its own, also after a reload; the port before is closed', async () => {
    const program = await startProgram()
    const first = await loadPage(program)
    expect((await first.client.system.status()).shell).toBe('electron')
    expect(await first.client.desktop.info()).toEqual({ shell: 'electron', dialogs: true })
    program.window.webContents.reload()
    const second = await loadPage(program)
    expect((await second.client.system.status()).shell).toBe('electron')
    await expect(first.client.system.status()).rejects.toMatchObject({
      code: 'host-failed',
      data: { disconnected: true },
    })
  })

  it('says so, and ends, when the data folder cannot be used', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'studio.db'), 'no database at all, and long enough to be looked at')
    const program = await startProgram({ folder })
    await loadPage(program)
    await ended(program)
    expect(program.state.shown).toContainEqual(
      expect.objectContaining({ kind: 'error', title: expect.stringContaining('data folder') }),
    )
  })
})

describe('a second start', () => {
  it('ends at once, brings the first window forward and hands its file over', async () => {
    const first = await startProgram()
    const told = await watch((await loadPage(first)).client)
    first.window.minimize()
    first.window.calls = []
    const second = await startProgram({
      folder: first.folder,
      args: ['--flag', 'run.latent', 'notes.txt'],
    })
    expect(second.state.exited).toBe(0)
    expect(second.window).toBeUndefined()
    await vi.waitFor(() =>
      expect(told).toEqual([{ kind: 'open-file', path: join(process.cwd(), 'run.latent') }]),
    )
    expect(first.window.isMinimized()).toBe(false)
    expect(first.window.calls).toEqual(['show', 'focus'])
  })

  it('with another data folder is another program', async () => {
    const [first, second] = [await startProgram(), await startProgram()]
    expect([first.state.exited, second.state.exited]).toEqual([null, null])
  })

  it('while the first is ending is started again afterwards, with its file', async () => {
    const first = await startProgram()
    await loadPage(first)
    first.electron.app.quit()
    await startProgram({ folder: first.folder, args: ['/a/run.latent'] })
    await vi.waitFor(() => expect(first.state.relaunches).toEqual([{ args: ['/a/run.latent'] }]))
  })
})

describe('a file', () => {
  it('named at the start, or opened by macOS before the page is there, waits for the page', async () => {
    const program = await startProgram({
      args: ['/runs/one.latent', '/runs/other.txt'],
      prepare: (_state, { app }) =>
        // main listens by then, its own start comes after
        void app.once('ready', () =>
          app.emit('open-file', { preventDefault: () => undefined }, '/runs/two.LATENT'),
        ),
    })
    const told = await watch((await loadPage(program)).client)
    await vi.waitFor(() =>
      expect(told).toEqual([
        { kind: 'open-file', path: '/runs/one.latent' },
        { kind: 'open-file', path: '/runs/two.LATENT' },
      ]),
    )
  })
})

describe('the menu', () => {
  const flat = (entries: MenuEntry[]): MenuEntry[] =>
    entries.flatMap((entry) => [entry, ...flat(entry.submenu ?? [])])

  it('runs commands that the page has, and drops them while there is no page', async () => {
    const program = await startProgram()
    const entry = (label: string) => flat(program.state.menu).find((each) => each.label === label)
    entry('New run')!.click!()
    const told = await watch((await loadPage(program)).client)
    entry('Runs')!.click!()
    await vi.waitFor(() => expect(told).toEqual([{ kind: 'command', id: 'go-runs' }]))
  })

  it('names only commands of the page, and no shortcut twice', async () => {
    const program = await startProgram()
    const { menuCommands } = await import('../../main/menu.ts')
    const source = readFileSync(
      join(import.meta.dirname, '../../renderer/frameCommands.ts'),
      'utf8',
    )
    for (const id of menuCommands) expect(source).toContain(`id: '${id}'`)
    const keys = flat(program.state.menu).flatMap(({ accelerator }) => accelerator ?? [])
    expect(new Set(keys).size).toBe(keys.length)
  })

  it.each([
    ['linux', undefined, 'quit'],
    ['darwin', 'appMenu', 'close'],
  ])('has the roles of %s', async (platform, first, last) => {
    const before = Object.getOwnPropertyDescriptor(process, 'platform')!
    Object.defineProperty(process, 'platform', { value: platform })
    try {
      const { menu } = (await startProgram()).state
      expect(menu[0]?.role).toBe(first)
      expect(menu.find(({ label }) => label === 'File')?.submenu?.at(-1)?.role).toBe(last)
      expect(flat(menu).map(({ role }) => role)).toEqual(
        expect.arrayContaining(['editMenu', 'windowMenu', 'zoomIn']),
      )
    } finally {
      Object.defineProperty(process, 'platform', before)
    }
  })

  it('has the developer tools in development alone', async () => {
    for (const packaged of [true, false]) {
      const { state, window } = await startProgram({ packaged })
      expect(flat(state.menu).some(({ role }) => role === 'toggleDevTools')).toBe(!packaged)
      expect(window.options.webPreferences?.['devTools']).toBe(!packaged)
    }
  })

  it('opens a file that the person chooses', async () => {
    const program = await startProgram()
    const told = await watch((await loadPage(program)).client)
    program.state.answers.open = () => '/chosen/run.latent'
    flat(program.state.menu).find(({ label }) => label === 'Open…')!.click!()
    await vi.waitFor(() =>
      expect(told).toEqual([{ kind: 'open-file', path: '/chosen/run.latent' }]),
    )
  })
})

describe('dialogs', () => {
  it('give the path that was chosen, or that none was; the page proposes a name and no folder', async () => {
    const program = await startProgram()
    const { client } = await loadPage(program)
    expect(await client.desktop.saveDialog({ name: 'film.gif' })).toEqual({ kind: 'cancelled' })
    program.state.answers = { save: () => '/home/me/film.gif', open: () => '/home/me' }
    const filters = [{ name: 'Films', extensions: ['gif'] }]
    expect(await client.desktop.saveDialog({ name: '../../.bashrc', filters })).toEqual({
      kind: 'chosen',
      path: '/home/me/film.gif',
    })
    expect(program.state.shown.at(-1)).toMatchObject({
      kind: 'save',
      defaultPath: '.bashrc',
      filters,
    })
    expect(await client.desktop.openDialog({ folder: true })).toEqual({
      kind: 'chosen',
      path: '/home/me',
    })
    expect(program.state.shown.at(-1)).toMatchObject({
      kind: 'open',
      properties: ['openDirectory'],
    })
  })

  it('come one at a time', async () => {
    const program = await startProgram()
    const { client } = await loadPage(program)
    let close = (_path: string): void => undefined
    program.state.answers.save = () => new Promise((resolve) => (close = resolve))
    const first = client.desktop.saveDialog({})
    await vi.waitFor(() => expect(program.state.shown).toHaveLength(1))
    await expect(client.desktop.saveDialog({})).rejects.toMatchObject({ code: 'wrong-state' })
    close('/a')
    expect(await first).toEqual({ kind: 'chosen', path: '/a' })
  })
})

describe('a renderer that dies', () => {
  it('is loaded again once, with a note; a second time within a minute asks the person', async () => {
    const program = await startProgram()
    const contents = program.window.webContents
    const before = await loadPage(program)
    contents.endProcess('oom', 137)
    expect(contents.reloads).toBe(1)
    await expect(before.client.system.status()).rejects.toMatchObject({ code: 'host-failed' })
    const told = await watch((await loadPage(program)).client)
    await vi.waitFor(() =>
      expect(told).toMatchObject([{ kind: 'note', text: expect.stringContaining('oom') }]),
    )
    program.state.answers.message = 1
    contents.endProcess('crashed')
    await ended(program)
    expect(contents.reloads).toBe(1)
    expect(program.state.shown).toMatchObject([{ kind: 'message' }])
  })

  it('that ended by itself is left alone', async () => {
    const { window } = await startProgram()
    window.webContents.endProcess('clean-exit', 0)
    expect(window.webContents.reloads).toBe(0)
  })
})

describe('the window', () => {
  withPermissions.test('keeps its files in a data folder for this user alone', async () => {
    const folder = join(temporaryFolder(), 'new', 'data')
    await startProgram({ folder })
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  it('opens where it was, and keeps where it is', async () => {
    const first = await startProgram()
    expect(first.window.bounds).toMatchObject({ width: 1440, height: 900 })
    first.window.bounds = { x: 10, y: 20, width: 1000, height: 700 }
    first.window.maximize()
    first.window.close()
    await ended(first)
    const { window } = await startProgram({ folder: first.folder })
    expect([window.bounds, window.isMaximized()]).toMatchObject([
      { x: 10, y: 20, width: 1000, height: 700 },
      true,
    ])
  })

  it('shows itself on a screen that is there', async () => {
    const first = await startProgram()
    first.window.bounds = { x: 5000, y: 20, width: 1000, height: 700 }
    first.window.close()
    await ended(first)
    expect(existsSync(join(first.folder, 'window/state.json'))).toBe(true)
    expect((await startProgram({ folder: first.folder })).window.options).not.toHaveProperty('x')
  })
})
