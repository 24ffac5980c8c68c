// Lets a Python's pip fetch one package. pip knows the user's index, mirror, proxy, certificates
// and passwords; but it prints no machine-readable progress and starts again after a cut. So a
// short script inside pip's own process takes pip's session and index settings, asks for the
// package's address, and streams it into a `.part` file with HTTP ranges, saying each step as one
// line of JSON. An unknown pip falls back to `pip download`, watched from outside.
import readline from 'node:readline'
import { StudioError } from '../../preload/contract/errors.ts'
import { startGroup } from './processGroup.ts'
import type { WheelEntry } from './runtimeManifest.ts'
import { inEmptyFolder, output, type Python } from './python.ts'
import { errorLine } from './stderr.ts'

/** The last line that the script says: `pip` means that this pip's insides are not as expected. */
export type FetchFailure = { kind: 'pip' | 'missing' | 'network' | 'disk'; text: string }

const script = String.raw`
import errno, json, os, sys, time
def say(**event):
    print(json.dumps(event), flush=True)
def fail(kind, error):
    say(event='failed', kind=kind, text=('%s: %s' % (type(error).__name__, error))[:400])
    sys.exit(0)
job = json.load(sys.stdin)
try:
    from pip._internal.commands import create_command
    from pip._internal.cli import cmdoptions
    command = create_command('download')
    options, _ = command.parse_args(['--no-cache-dir', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:',
        '--implementation', 'cp', '--python-version', job['python'], '--abi', job['abi'], '--platform', job['platform'],
        '--retries', '1', '--timeout', '20', '--quiet', '-d', os.path.dirname(job['part'])])
    context = command.main_context()
    context.__enter__()
    session = command.get_default_session(options)
    finder = command._build_package_finder(options=options, session=session,
        target_python=cmdoptions.make_target_python(options))
except Exception as error:
    fail('pip', error)
try:
    candidates = list(finder.find_all_candidates(job['project']))
except Exception as error:
    fail('network', error)
links = [c.link for c in candidates if c.link.filename == job['file']]
if not candidates:
    say(event='failed', kind='network', text='the package index cannot be reached, or has no %s for this platform' % job['project'])
    sys.exit(0)
if not links:
    say(event='failed', kind='missing', text='%d other files of %s' % (len(candidates), job['project']))
    sys.exit(0)
url = links[0].url.split('#')[0]
def attempt():
    have = os.path.getsize(job['part']) if os.path.exists(job['part']) else 0
    if have > job['bytes']:
        os.truncate(job['part'], 0)
        have = 0
    headers = {'Accept-Encoding': 'identity'}
    if have:
        headers['Range'] = 'bytes=%d-' % have
    if have == job['bytes']:
        return
    reply = session.get(url, headers=headers, stream=True, timeout=30)
    if reply.status_code not in (200, 206):
        raise IOError('HTTP status %d' % reply.status_code)
    resumed = reply.status_code == 206 and have > 0
    say(event='begin', resumed=have if resumed else 0)
    with open(job['part'], 'ab' if resumed else 'wb') as out:
        done = have if resumed else 0
        said = 0.0
        while True:
            chunk = reply.raw.read(1 << 20)
            if not chunk:
                break
            out.write(chunk)
            done += len(chunk)
            if time.monotonic() - said > 0.1:
                said = time.monotonic()
                say(event='bytes', done=done)
    say(event='bytes', done=done)
    if done < job['bytes']:
        raise IOError('the connection ended after %d of %d bytes' % (done, job['bytes']))
for turn in range(job['tries']):
    try:
        attempt()
        say(event='fetched')
        break
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            fail('disk', error)
        if turn + 1 == job['tries']:
            fail('network', error)
    except Exception as error:
        if turn + 1 == job['tries']:
            fail('network', error)
    time.sleep(0.5 * (turn + 1))
`

/**
 * Fetches one package into `part`, going on where an earlier try ended. Null when done, else what
 * went wrong.
 */
export function fetchWheel(
  python: Python,
  wheel: WheelEntry,
  part: string,
  settings: FetchSettings,
): Promise<FetchFailure | null> {
  return inEmptyFolder((folder) =>
    fetchWheelIn(folder, python, { ...wheel, part, tries: settings.tries ?? 4 }, settings),
  )
}

interface FetchSettings {
  onBytes: (done: number) => void
  signal?: AbortSignal | undefined
  tries?: number
  environment?: NodeJS.ProcessEnv
}

async function fetchWheelIn(
  cwd: string,
  python: Python,
  job: WheelEntry & { part: string; tries: number },
  settings: FetchSettings,
): Promise<FetchFailure | null> {
  const { child, ended } = startGroup(python.command, [...python.flags, '-c', script], {
    env: settings.environment ?? process.env,
    cwd,
    signal: settings.signal,
  })
  let complaint = ''
  child.stderr.on(
    'data',
    (text: Buffer) => (complaint = (complaint + text.toString()).slice(-2000)),
  )
  child.stdin.end(JSON.stringify(job))
  let outcome: FetchFailure | null | undefined
  const lines = readline.createInterface({ input: child.stdout })
  void ended.then(() => lines.close()) // a pipe that is held open has no end
  for await (const line of lines) {
    if (!line.startsWith('{')) continue // pip's own words
    const event = JSON.parse(line) as {
      event: string
      done?: number
      kind?: FetchFailure['kind']
      text?: string
    }
    if (event.event === 'bytes') settings.onBytes(event.done ?? 0)
    if (event.event === 'fetched') outcome = null
    if (event.event === 'failed')
      outcome = { kind: event.kind ?? 'network', text: event.text ?? '' }
  }
  await ended
  if (settings.signal?.aborted)
    throw new StudioError(
      'cancelled',
      'The installation was stopped; downloaded files are kept, and the next installation continues from them.',
    )
  return outcome === undefined
    ? { kind: 'pip', text: complaint.trim().split('\n').at(-1) ?? 'the script ended early' }
    : outcome
}

/** Plain `pip download` into a folder: for a pip whose insides the script does not know. */
export async function plainDownload(
  python: Python,
  wheel: WheelEntry,
  folder: string,
  { environment, signal }: { environment: NodeJS.ProcessEnv; signal?: AbortSignal | undefined },
): Promise<FetchFailure | null> {
  const target = [
    '--python-version',
    wheel.python,
    '--implementation',
    'cp',
    '--abi',
    wheel.abi,
    '--platform',
    wheel.platform,
  ]
  const flags = [
    '--no-deps',
    '--only-binary=:all:',
    '--no-cache-dir',
    '--progress-bar',
    'off',
    ...target,
    '-d',
    folder,
  ]
  const wanted = `${wheel.project}==${wheel.version}`
  const command = [...python.flags, '-m', 'pip', 'download', ...flags, wanted]
  const outcome = await output(python.command, command, { ...environment, TMPDIR: folder }, signal)
  if (signal?.aborted)
    throw new StudioError(
      'cancelled',
      'The installation was stopped before the package was downloaded.',
    )
  if (outcome.code === 0) return null
  return { kind: 'network', text: errorLine(outcome.text) }
}
