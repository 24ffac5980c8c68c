// What can be done with a run, by its status: for the table's menu, its keys, and the run's own
// page.
import { href } from '../../address.ts'
import { client } from '../../client/connection.svelte.ts'
import { notices } from '../../state/notices.svelte.ts'
import { runs } from '../../state/runs.svelte.ts'
import type { MenuItem } from '../Menu.svelte'
import type { Run, RunStatus } from '../../../preload/contract/records.ts'

const pausable: readonly RunStatus[] = ['preparing', 'running']
const resumable: readonly RunStatus[] = ['paused', 'interrupted', 'stopped']
const stoppable: readonly RunStatus[] = ['preparing', 'running', 'paused']

export const canPause = (run: Run) => pausable.includes(run.status)
export const canResume = (run: Run) => resumable.includes(run.status)
export const canStop = (run: Run) => stoppable.includes(run.status)

async function act(call: (input: { run: string }) => Promise<Run>, run: Run): Promise<void> {
  const answer = await notices.attempt(() => call({ run: run.id }))
  if (answer) runs.put(answer)
}

export const pause = (run: Run) => act(client.runs.pause, run)
export const resume = (run: Run) => act(client.runs.resume, run)
export const stop = (run: Run) => act(client.runs.stop, run)

/** Pauses what runs, resumes what can be resumed; nothing for the rest. */
export async function togglePause(run: Run): Promise<void> {
  if (canPause(run)) await pause(run)
  else if (canResume(run)) await resume(run)
}

/**
 * The menu of a run. `rename` starts the editing of its name where the menu was opened; `removed`
 * is called when the run went to the trash.
 */
export function runMenu(run: Run, rename: () => void, removed?: () => void): MenuItem[] {
  if (run.deletedAt !== null)
    return [{ label: 'Restore', icon: 'undo', act: () => runs.restore(run.id) }]
  const items: MenuItem[] = [
    { label: 'Open', icon: 'right', keys: 'Enter', to: href('run', { run: run.id }) },
    { label: 'Explore its latent space', icon: 'explore', to: href('explore', { run: run.id }) },
    {
      label: 'Export',
      icon: 'export',
      keys: 'e',
      to: href('run', { run: run.id, export: 'onnx' }),
    },
    { label: 'New run from this', icon: 'plus', to: href('new', { from: run.id }) },
  ]
  if (canPause(run))
    items.push({ label: 'Pause', icon: 'pause', keys: 'Space', apart: true, act: () => pause(run) })
  if (canResume(run))
    items.push({
      label: 'Resume',
      icon: 'play',
      keys: 'Space',
      apart: true,
      act: () => resume(run),
    })
  if (canStop(run)) items.push({ label: 'Stop', icon: 'stop', act: () => stop(run) })
  items.push({ label: 'Rename', icon: 'pencil', keys: 'F2', apart: true, act: rename })
  items.push({
    label: 'Move to trash',
    icon: 'trash',
    keys: 'Delete',
    act: async () => void ((await runs.remove(run)) && removed?.()),
  })
  return items
}
