// The keys of a run's page: through its stored frames, its film or its training, its panel.
import { liveStatuses, type Run } from '../../../preload/contract/records.ts'
import { router } from '../../router.svelte.ts'
import type { Command } from '../../state/commands.svelte.ts'
import type { Playhead } from '../charts/playhead.svelte.ts'
import { canResume, stop, togglePause } from '../runs/runActions.ts'

export function runCommands(
  run: () => Run | null,
  playhead: Playhead,
  toggleSide: () => void,
  toggleExport: () => void,
): Command[] {
  const trains = () => {
    const now = run()
    return now !== null && liveStatuses.includes(now.status)
  }
  const resumable = () => {
    const now = run()
    return now !== null && canResume(now)
  }
  const withRun = (act: (run: Run) => unknown) => () => {
    const now = run()
    if (now) act(now)
  }
  return [
    ...frameCommands(playhead),
    {
      id: 'run-toggle',
      title: 'Pause or resume training',
      group: 'Run',
      keys: ['Space'],
      enabled: trains,
      run: withRun(togglePause),
    },
    {
      id: 'run-film',
      title: 'Play the stored frames',
      group: 'Run',
      keys: ['Space'],
      enabled: () => !trains(),
      run: () => playhead.toggle(),
    },
    {
      id: 'run-resume',
      title: 'Resume training',
      group: 'Run',
      enabled: resumable,
      run: withRun(togglePause),
    },
    { id: 'run-stop', title: 'Stop training', group: 'Run', enabled: trains, run: withRun(stop) },
    {
      id: 'run-explore',
      title: 'Explore the latent space of this run',
      group: 'Run',
      run: withRun((now) => router.go('explore', { run: now.id, step: router.params['step'] })),
    },
    { id: 'run-export', title: 'Export this run', group: 'Run', keys: ['e'], run: toggleExport },
    { id: 'run-side', title: 'Show or hide the panel', group: 'Run', keys: ['i'], run: toggleSide },
  ]
}

/** Stepping through the stored frames, the same in every view with a timeline. */
export function frameCommands(playhead: Playhead): Command[] {
  const move = (by: 1 | -1) => () => {
    playhead.stop()
    playhead.move(by)
  }
  return [
    {
      id: 'frame-back',
      title: 'Previous stored step',
      group: 'Timeline',
      keys: ['['],
      run: move(-1),
    },
    { id: 'frame-on', title: 'Next stored step', group: 'Timeline', keys: [']'], run: move(1) },
    {
      id: 'frame-best',
      title: 'Go to the best step',
      group: 'Timeline',
      enabled: () => Boolean(playhead.source.run?.bestValidation),
      run: () => playhead.show(playhead.source.run?.bestValidation?.step ?? null),
    },
    {
      id: 'frame-live',
      title: 'Follow the newest step',
      group: 'Timeline',
      run: () => playhead.show(null),
    },
  ]
}
