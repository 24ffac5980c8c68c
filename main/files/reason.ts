// Why a file or folder could not be used, in words instead of the system's code, and what to do
// about it. The one place where codes become words, for the command line, exports and imports.

interface Words {
  /** Stands after "found". */
  found: string
  next: string
}

const words: Record<string, Words> = {
  ENOENT: { found: 'no such file', next: 'Check the path.' },
  ENOTDIR: { found: 'a file where a folder should be', next: 'Choose another place.' },
  EISDIR: { found: 'a folder', next: 'Name a file in it.' },
  EEXIST: { found: 'a file with that name', next: 'Choose another name.' },
  EACCES: { found: 'no permission', next: 'Change the permissions, or choose another place.' },
  EPERM: { found: 'no permission', next: 'Change the permissions, or choose another place.' },
  EROFS: { found: 'a read-only disk', next: 'Choose another place.' },
  ENOSPC: { found: 'a full disk', next: 'Free some space, or choose another disk.' },
  EDQUOT: { found: 'a full quota', next: 'Free some space, or choose another disk.' },
  EFBIG: { found: 'a file that is too large for this disk', next: 'Choose another disk.' },
  ENAMETOOLONG: { found: 'a name that is too long', next: 'Choose a shorter name.' },
  ELOOP: { found: 'links that form a loop', next: 'Remove the link, or choose another place.' },
  EMFILE: { found: 'too many open files', next: 'Close other programs, then try again.' },
  ENFILE: { found: 'too many open files', next: 'Close other programs, then try again.' },
  EBUSY: {
    found: 'a file that another program is using',
    next: 'Close that program, then try again.',
  },
  ETXTBSY: { found: 'a program that is running', next: 'Choose another name.' },
  EPIPE: { found: 'no program reading it', next: 'Start the reader first.' },
  ENXIO: { found: 'no device or reader behind it', next: 'Choose another place.' },
  ENODEV: { found: 'no device or reader behind it', next: 'Choose another place.' },
  EIO: { found: 'a disk that failed', next: 'Check the disk, or choose another one.' },
  ESTALE: {
    found: 'a network share that is disconnected',
    next: 'Connect it again, or choose another place.',
  },
  ENOTCONN: {
    found: 'a network share that is disconnected',
    next: 'Connect it again, or choose another place.',
  },
  EHOSTDOWN: {
    found: 'a network share that is disconnected',
    next: 'Connect it again, or choose another place.',
  },
  ETIMEDOUT: {
    found: 'a disk that does not respond',
    next: 'Check the disk or the network share, or choose another place.',
  },
  EINVAL: { found: 'a name that this disk does not allow', next: 'Choose another one.' },
}

/** What was found where a file was expected, for "expected ..., found ...". */
export function fileReason(thrown: unknown): string {
  const { code, message } = thrown as Partial<NodeJS.ErrnoException>
  return words[code ?? '']?.found ?? code ?? message ?? String(thrown)
}

/** What to do about it, a sentence. */
export function fileAdvice(thrown: unknown): string {
  return (
    words[(thrown as Partial<NodeJS.ErrnoException>).code ?? '']?.next ?? 'Choose another place.'
  )
}
