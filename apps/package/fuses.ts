// The seven switches inside Electron's binary, set when it is packed: what a packed program can no
// longer be talked into by its surroundings.
import { join } from 'node:path'
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses'
import type { AfterPackContext } from 'electron-builder'

/** The state of each fuse in a packed program. */
export const fuses = {
  /** ELECTRON_RUN_AS_NODE would run any script with the program's rights. */
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  /** Pages come from studio:// alone. */
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
} as const

/**
 * Sets them in a binary; on macOS the broken signature is replaced by an ad-hoc one, which arm64
 * demands.
 */
export function setFuses(binary: string, darwin: boolean): Promise<number> {
  return flipFuses(binary, { version: FuseVersion.V1, resetAdHocDarwinSignature: darwin, ...fuses })
}

/** electron-builder's hook: after the files are laid out, before anything is signed. */
export async function setFusesAfterPack({
  appOutDir,
  electronPlatformName,
  packager,
}: AfterPackContext): Promise<void> {
  const product = packager.appInfo.productFilename
  const names: Record<string, string> = { darwin: `${product}.app`, win32: `${product}.exe` }
  const executable = (packager as unknown as { executableName?: string }).executableName ?? product
  await setFuses(
    join(appOutDir, names[electronPlatformName] ?? executable),
    electronPlatformName === 'darwin',
  )
}
