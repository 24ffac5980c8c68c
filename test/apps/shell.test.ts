// What `npm start` opens on which machine.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findElectron, hasDisplay, planStart, type Facts } from '../../apps/shell.ts'

const facts: Facts = { display: true, electron: true, forceServe: false, noRun: false }

describe('planStart', () => {
  it('opens the app where a display and the binary are', () => {
    expect(planStart(facts)).toEqual({ shells: ['electron', 'browser'], trainTutorial: false })
  })

  it('tries once to fetch the binary, then takes the browser', () => {
    expect(planStart({ ...facts, electron: false })).toEqual({
      shells: ['install-electron', 'browser'],
      trainTutorial: false,
    })
  })

  it.each([true, false])(
    'never touches electron without a display (binary there: %s), and trains the tutorial',
    (electron) => {
      expect(planStart({ ...facts, display: false, electron })).toEqual({
        shells: ['serve'],
        trainTutorial: true,
      })
    },
  )

  it('--no-run turns the tutorial off, --serve the window', () => {
    expect(planStart({ ...facts, display: false, noRun: true }).trainTutorial).toBe(false)
    expect(planStart({ ...facts, forceServe: true, noRun: true })).toEqual({
      shells: ['serve'],
      trainTutorial: false,
    })
  })
})

describe('hasDisplay', () => {
  it('asks X and Wayland on Linux, and whether this is ssh elsewhere', () => {
    expect(hasDisplay({}, 'linux')).toBe(false)
    expect(hasDisplay({ DISPLAY: '' }, 'linux')).toBe(false)
    expect(hasDisplay({ DISPLAY: ':0' }, 'linux')).toBe(true)
    expect(hasDisplay({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux')).toBe(true)
    expect(hasDisplay({}, 'darwin')).toBe(true)
    expect(hasDisplay({ SSH_CONNECTION: '10.0.0.1 22' }, 'darwin')).toBe(false)
  })
})

describe('findElectron', () => {
  it('finds a downloaded binary and nothing else', () => {
    const folder = mkdtempSync(join(tmpdir(), 'latent-electron-'))
    expect(findElectron(folder)).toBeUndefined()
    writeFileSync(join(folder, 'path.txt'), 'electron')
    expect(findElectron(folder)).toBeUndefined()
    mkdirSync(join(folder, 'dist'))
    writeFileSync(join(folder, 'dist/electron'), '')
    expect(findElectron(folder)).toBe(join(folder, 'dist/electron'))
  })
})
