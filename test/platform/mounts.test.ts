import { describe, expect, it } from 'vitest'
import { isBlindType, mountOf } from '../../src/platform/mounts.js'

const text = [
  'sysfs /sys sysfs rw 0 0',
  '/dev/vda / ext4 rw,relatime 0 0',
  'tmpfs /home tmpfs rw 0 0',
  'server:/export /home/u/share nfs4 rw,vers=4.2 0 0',
  '//server/my\\040files /mnt/my\\040files\\134x cifs rw 0 0',
  'first /twice ext4 rw 0 0',
  'second /twice virtiofs rw 0 0',
  'broken',
  '',
].join('\n')

describe('mountOf', () => {
  it.each([
    ['/', '/', 'ext4'],
    ['/var/lib', '/', 'ext4'],
    ['/home', '/home', 'tmpfs'],
    ['/homes/u', '/', 'ext4'],
    ['/home/u/shared', '/home', 'tmpfs'],
    ['/home/u/share', '/home/u/share', 'nfs4'],
    ['/home/u/share/a/b', '/home/u/share', 'nfs4'],
    ['/mnt/my files\\x/a', '/mnt/my files\\x', 'cifs'],
    ['/twice/a', '/twice', 'virtiofs'],
  ])('finds the mount of %s', (path, folder, type) => {
    expect(mountOf(text, path)).toEqual({ folder, type })
  })

  it('finds none in nothing', () => {
    expect(mountOf('', '/a')).toBeUndefined()
  })
})

describe('isBlindType', () => {
  it.each([
    'nfs',
    'nfs4',
    'cifs',
    'smb3',
    'fuse.sshfs',
    'fuse',
    '9p',
    'vboxsf',
    'virtiofs',
    'fakeowner',
    'osxfs',
    'fuse.grpcfuse',
  ])('%s is', (type) => {
    expect(isBlindType(type)).toBe(true)
  })
  it.each(['ext4', 'xfs', 'btrfs', 'zfs', 'tmpfs', 'overlay', 'fuseblk'])('%s is not', (type) =>
    expect(isBlindType(type)).toBe(false),
  )
})
