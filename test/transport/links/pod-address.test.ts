import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDockerUrl, parseKubeUrl } from '../../../src/transport/links/pod-address.js'
import { dockerExecArgv, kubeExecArgv, kubePodsArgv } from '../../../src/transport/links/pod-command.js'
import { choosePod } from '../../../src/transport/links/pod-choice.js'
import { isLabelSelector } from '../../../src/transport/links/pod-selector.js'

const plain = { kind: 'kube', context: null, container: null, selector: null }
/** Of which addresses are made that are often right, and often nearly. */
const parts = [
  ...Array.from('ab-/@?=&,!.% \n'),
  '/pod/',
  'a/pod/b',
  'x@',
  '?container=',
  '?selector=',
  '&selector=',
]
const usage = expect.objectContaining({
  code: 'USAGE',
  exitCode: 2,
  next: expect.stringContaining('for example'),
})

describe('a kube:// address', () => {
  it.each([
    ['kube://agents/pod/worker-0', { namespace: 'agents', resource: 'pod', name: 'worker-0' }],
    ['kube://a/deploy/w', { namespace: 'a', resource: 'deployment', name: 'w' }],
    [
      'kube://a/sts/w?container=c-1',
      { namespace: 'a', resource: 'statefulset', name: 'w', container: 'c-1' },
    ],
    ['kube://prod@a/ds/w.x', { context: 'prod', namespace: 'a', resource: 'daemonset', name: 'w.x' }],
    ['kube://ada@prod@a/job/w', { context: 'ada@prod', namespace: 'a', resource: 'job', name: 'w' }],
    [
      'kube://arn:aws:eks:eu-1:12:cluster/main@a/svc/w',
      { context: 'arn:aws:eks:eu-1:12:cluster/main', namespace: 'a', resource: 'service', name: 'w' },
    ],
    [
      'kube://my%20cluster@a/rs/w',
      { context: 'my cluster', namespace: 'a', resource: 'replicaset', name: 'w' },
    ],
    [
      'kube://a/pod/w?selector=app=worker,tier in (x,y),!old&container=c',
      {
        namespace: 'a',
        resource: 'pod',
        name: 'w',
        container: 'c',
        selector: 'app=worker,tier in (x,y),!old',
      },
    ],
    [
      'kube://a/pod/w?selector=app%3Dworker',
      { namespace: 'a', resource: 'pod', name: 'w', selector: 'app=worker' },
    ],
  ])('%s', (url, address) => {
    expect(parseKubeUrl(url)).toEqual({ ...plain, ...address })
  })

  it.each([
    'kube:/a/pod/w',
    'docker://x',
    'kube://',
    'kube://a/pod',
    'kube://a/pod/',
    'kube://a/pod/w/x',
    'kube:///pod/w',
    'kube://A/pod/w',
    `kube://${'a'.repeat(64)}/pod/w`,
    'kube://a-/pod/w',
    'kube://a.b/pod/w',
    'kube://a/node/w',
    'kube://a/cronjob/w',
    'kube://a/constructor/w',
    'kube://a/pod/W',
    'kube://a/pod/-w',
    'kube://a/pod/w..x',
    `kube://a/pod/${'w'.repeat(254)}`,
    'kube://@a/pod/w',
    'kube://-x@a/pod/w',
    'kube://x%0a@a/pod/w',
    'kube://x%@a/pod/w',
    'kube://a/pod/w?container=',
    'kube://a/pod/w?container=C',
    'kube://a/pod/w?container=-c',
    'kube://a/pod/w?container=a&container=b',
    'kube://a/pod/w?image=x',
    'kube://a/pod/w?__proto__=x',
    'kube://a/pod/w?selector=a=b=c',
    'kube://a/pod/w?selector=--all',
    'kube://a/pod/w\n',
    'kube://a b/pod/w',
    'kube://$(id)/pod/w',
  ])('%j is refused, with an example', (url) => {
    expect(() => parseKubeUrl(url)).toThrow(usage)
  })

  it('gives nothing that a program could take for a flag', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 12 }), (drawn) => {
        try {
          const { context, namespace, name, container, selector } = parseKubeUrl(`kube://${drawn.join('')}`)
          for (const each of [context, namespace, name, container, selector])
            expect(each ?? 'x').not.toMatch(/^-|^$/)
        } catch (error) {
          expect(error).toEqual(usage)
        }
      }),
    )
  })
})

describe('a docker:// address', () => {
  it.each(['agent-1', 'A_b.c', '0123456789abcdef', 'x'])('%s', (container) => {
    expect(parseDockerUrl(`docker://${container}`)).toEqual({ kind: 'docker', container })
    expect(parseDockerUrl(`docker://${container}/`)).toEqual({ kind: 'docker', container })
  })

  it.each([
    'docker://',
    'docker:x',
    'docker://-it',
    'docker://a b',
    'docker://a/b',
    'docker://a?b',
    'docker://.a',
    'docker://a\n',
  ])('%j is refused, with an example', (url) => {
    expect(() => parseDockerUrl(url)).toThrow(usage)
  })
})

describe('a selector', () => {
  it.each([
    'app',
    '!app',
    'app=x',
    'app==x',
    'app!=x',
    'app=',
    'example.com/app=x',
    'app in (a)',
    'app notin (a, b)',
    'a=b, c in (d,e),!f',
    'n>5',
  ])('%s', (text) => {
    expect(isLabelSelector(text)).toBe(true)
  })

  it.each([
    '',
    ',',
    'a=b,',
    '-l',
    'a b',
    'a=b c',
    'in (a)b',
    'a in',
    'a in (',
    'a in b',
    'a=(b)',
    'a/b/c',
    '/a',
    `a=${'x'.repeat(64)}`,
    'a\n=b',
    'n>x',
  ])('%j is none', (text) => {
    expect(isLabelSelector(text)).toBe(false)
  })
})

describe('what is run', () => {
  const text = 'exec holdfast serve --stdio'

  it('is in the order that the clients take', () => {
    expect(kubeExecArgv(parseKubeUrl('kube://prod@a/deploy/w?container=c'), text)).toEqual([
      'kubectl',
      '--context',
      'prod',
      '-n',
      'a',
      'exec',
      '-i',
      'deployment/w',
      '-c',
      'c',
      '--',
      'sh',
      '-c',
      text,
    ])
    expect(kubeExecArgv(parseKubeUrl('kube://a/pod/w'), text, 'w-1')).toEqual([
      'kubectl',
      '-n',
      'a',
      'exec',
      '-i',
      'pod/w-1',
      '--',
      'sh',
      '-c',
      text,
    ])
    expect(kubePodsArgv(parseKubeUrl('kube://a/pod/w'), 'x=y', 'running')).toEqual([
      'kubectl',
      '-n',
      'a',
      '--request-timeout=15s',
      'get',
      'pods',
      '-l',
      'x=y',
      '--field-selector',
      'status.phase=Running',
      '-o',
      'name',
    ])
    expect(dockerExecArgv(parseDockerUrl('docker://w'), text)).toEqual([
      'docker',
      'exec',
      '-i',
      'w',
      'sh',
      '-c',
      text,
    ])
  })

  it('goes to the same pod every time, whatever order they are listed in', () => {
    const listed = ['pod/w-2', 'pod/w-1', 'pod/w-10', '', 'warning: x', 'pod/-n']
    for (const each of [listed, listed.toReversed()]) {
      expect(choosePod({ name: 'w' }, each.join('\n'))).toBe('w-1')
      expect(choosePod({ name: 'w-10' }, each.join('\n'))).toBe('w-10')
    }
    expect(choosePod({ name: 'w' }, '')).toBeUndefined()
  })
})
