// Why a file could not be read or written, in words instead of the system's code.
const reasons: Record<string, string> = {
  ENOENT: 'no such file',
  ENOTDIR: 'a file where a folder should be',
  EISDIR: 'a folder',
  EEXIST: 'a file of that name',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'a read-only disk',
  ENOSPC: 'a full disk',
  EDQUOT: 'a full quota',
  ENAMETOOLONG: 'a name that is too long',
  ELOOP: 'links that lead back to themselves',
  EMFILE: 'too many open files',
  EIO: 'a disk that failed',
}

/** What was found where a file was expected, for "expected ..., found ...". */
export function fileReason(thrown: unknown): string {
  const { code, message } = thrown as Partial<NodeJS.ErrnoException>
  return reasons[code ?? ''] ?? code ?? message ?? String(thrown)
}
